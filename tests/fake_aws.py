"""The few calls to AWS that functions make without an SDK, answered on loopback.

It answers as the services do where our code looks: JSON errors with `__type`, `FailedEntryCount`
in a 200, an object's bytes. `orders` makes the next call of a kind fail, `down` every call of a
service until it is taken away. Of DynamoDB the table of secrets is here: for the other, moto
answers. What KMS does here, tests/adapters/test_secrets_table.py holds moto's KMS to as well.
"""

import base64
import http.server
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ORDER_DROP = "drop"
POLICY_CHARS = 12


@dataclass
class FakeUser:
    """A user of the pool; `name` is both their user name and their `sub`."""

    name: str
    email: str
    email_verified: str = "true"
    enabled: bool = True
    status: str = "CONFIRMED"
    mfa: list[str] = field(default_factory=list)
    password: str = ""
    is_gone: bool = False


class FakeAws:
    """One server for all of them.

    `sealed` has the items of the table of secrets, in clear, by their keys: `api#demo`.
    """

    def __init__(self) -> None:
        self.reset()
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5
            wbufsize = -1

            def do_POST(self) -> None:
                fake._serve(self)

            do_PUT = do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def reset(self) -> None:
        """Become a new account."""
        self.parameters: dict[str, str] = {}
        self.sealed: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self._ciphertexts: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.users: dict[str, FakeUser] = {}
        self.objects: dict[str, bytes] = {}
        self.events: list[dict[str, Any]] = []
        self.put_off: list[int] = []
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.calls: Counter[str] = Counter()
        self.orders: dict[str, list[tuple[int, bytes] | str]] = {}
        self.down: set[str] = set()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, call: str, *orders: tuple[int, bytes] | str) -> None:
        """Answer the next calls (`PutEvents`, `GetItem`, `GetObject`...) in these ways."""
        self.orders.setdefault(call, []).extend(orders)

    def details(self) -> list[dict[str, Any]]:
        return [json.loads(entry["Detail"]) for entry in self.events]

    def _serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        target = request.headers.get("X-Amz-Target", "")
        call = target.rpartition(".")[2] or f"{request.command.capitalize()}Object"
        service = request.headers["Authorization"].split("/")[3]
        self.calls[call] += 1
        ordered = self.orders.get(call, [])
        order = ordered.pop(0) if ordered else None
        if service in self.down:
            order = (500, b'{"__type": "InternalServerError"}')
        if order == ORDER_DROP:
            request.close_connection = True
            return
        if isinstance(order, tuple):
            status, answer = order
        elif target:
            status, answer = self._answer(call, json.loads(body))
        else:
            status, answer = self._object(request.command, request.path, body)
        request.send_response(status)
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def _answer(self, call: str, sent: dict[str, Any]) -> tuple[int, bytes]:
        if call == "PutEvents":
            self.events.extend(sent["Entries"])
            entries = [{"EventId": str(time.monotonic_ns())} for _ in sent["Entries"]]
            return _json({"FailedEntryCount": 0, "Entries": entries})
        if call == "ChangeMessageVisibility":
            assert sent["QueueUrl"].endswith("/123456789012/orders")
            assert sent["ReceiptHandle"] == "handle-1"
            self.put_off.append(sent["VisibilityTimeout"])
            return _json({})
        if call == "SendMessageBatch":
            bodies = [entry["MessageBody"] for entry in sent["Entries"]]
            self.messages.extend((sent["QueueUrl"], json.loads(body)) for body in bodies)
            return _json({"Successful": [{"Id": entry["Id"]} for entry in sent["Entries"]]})
        if call in self._of_secrets:
            return self._of_secrets[call](sent)
        if call.startswith("Admin"):
            return self._user(call, sent)
        assert call == "GetSecretValue", call
        return _json({"SecretString": self.secrets[sent["SecretId"]]})

    @property
    def _of_secrets(self) -> dict[str, Callable[[dict[str, Any]], tuple[int, bytes]]]:
        return {
            "GetItem": self._get_item,
            "PutItem": self._put_item,
            "Encrypt": self._encrypt,
            "Decrypt": _decrypt,
            "GetParameter": self._parameter,
        }

    def _get_item(self, sent: dict[str, Any]) -> tuple[int, bytes]:
        assert (sent["TableName"], sent["ConsistentRead"]) == ("secrets", True)
        name = sent["Key"]["pk"]["S"]
        if name not in self.sealed:
            return _json({})
        purpose, _, location_id = name.partition("#")
        sealed = self._ciphertexts.get(name, "")
        if not sealed or _opened(sealed)["text"] != self.sealed[name]:
            # A test has put another secret there.
            context = {"location": location_id, "purpose": purpose}
            sealed = _sealed({"context": context, "text": self.sealed[name]})
        version = {"N": str(self.versions.get(name, 1))}
        return _json({"Item": {**sent["Key"], "version": version, "sealed": {"B": sealed}}})

    def _put_item(self, sent: dict[str, Any]) -> tuple[int, bytes]:
        assert sent["TableName"] == "secrets"
        item = {key: next(iter(value.values())) for key, value in sent["Item"].items()}
        name, sealed = item["pk"], item["sealed"]
        version = self.versions.get(name, 1) if name in self.sealed else 0
        if sent["ConditionExpression"] == "attribute_not_exists(pk)":
            is_met = version == 0
        else:
            assert sent["ConditionExpression"] == "#version = :version"
            assert sent["ExpressionAttributeNames"] == {"#version": "version"}
            is_met = sent["ExpressionAttributeValues"][":version"] == {"N": str(version)}
        if not is_met:
            return 400, b'{"__type": "x#ConditionalCheckFailedException"}'
        opened = _opened(sealed)
        assert name == "{purpose}#{location}".format(**opened["context"])
        self.sealed[name], self._ciphertexts[name] = opened["text"], sealed
        self.versions[name] = int(item["version"])
        return _json({})

    def _encrypt(self, sent: dict[str, Any]) -> tuple[int, bytes]:
        assert sent["KeyId"] == "secrets-key"
        text = base64.b64decode(sent["Plaintext"]).decode()
        # The same text is never the same ciphertext.
        made = {"context": sent["EncryptionContext"], "text": text, "n": self.calls["Encrypt"]}
        return _json({"CiphertextBlob": _sealed(made)})

    def _parameter(self, sent: dict[str, Any]) -> tuple[int, bytes]:
        assert sent["WithDecryption"] is True
        value = self.parameters.get(sent["Name"])
        if value is None:
            return 400, b'{"__type": "com.amazonaws.ssm#ParameterNotFound"}'
        return _json({"Parameter": {"Name": sent["Name"], "Value": value}})

    def add_user(self, name: str, email: str) -> FakeUser:
        """Make a user who has signed in before."""
        self.users[name] = FakeUser(name, email)
        return self.users[name]

    def find_user(self, name: str) -> FakeUser | None:
        """Return a user by name or address; whoever a test lets call is there, enabled."""
        if "@" not in name and name not in self.users:
            self.add_user(name, f"{name}@pool.example")
        found = next(
            (each for each in self.users.values() if name in (each.name, each.email)), None
        )
        return None if found is None or found.is_gone else found

    def _user(self, call: str, sent: dict[str, Any]) -> tuple[int, bytes]:
        name = sent["Username"]
        if len(name) > 128:
            return 400, b'{"__type": "InvalidParameterException"}'
        user = self.find_user(name)
        if call == "AdminCreateUser":
            if user:
                return 400, b'{"__type": "UsernameExistsException"}'
            assert sent["MessageAction"] == "SUPPRESS"
            assert {"Name": "email_verified", "Value": "true"} in sent["UserAttributes"]
            made = self.add_user(f"sub-{name}", name)
            made.status = "FORCE_CHANGE_PASSWORD"
            return _json({"User": {"Username": made.name, "Attributes": _attributes(made)}})
        if user is None:
            return 400, b'{"__type": "UserNotFoundException"}'
        return self._change_user(call, user, sent)

    def _change_user(self, call: str, user: FakeUser, sent: dict[str, Any]) -> tuple[int, bytes]:
        if call == "AdminGetUser":
            told = {"Enabled": user.enabled, "UserStatus": user.status}
            mfa = {"UserMFASettingList": user.mfa} if user.mfa else {}
            who = {"Username": user.name, "UserAttributes": _attributes(user)}
            return _json({**who, **told, **mfa})
        if call == "AdminSetUserPassword":
            assert sent["Permanent"] is True
            if len(sent["Password"]) < POLICY_CHARS:
                return 400, b'{"__type": "InvalidPasswordException"}'
            user.password, user.status = sent["Password"], "CONFIRMED"
            return _json({})
        assert call in ("AdminEnableUser", "AdminDisableUser"), call
        user.enabled = call == "AdminEnableUser"
        return _json({})

    def _object(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        if method == "PUT":
            self.objects[path] = body
            return 200, b""
        if path not in self.objects:
            return 404, b"<Error><Code>NoSuchKey</Code></Error>"
        return 200, self.objects[path]


def _sealed(content: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(content).encode()).decode()


def _opened(sealed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.b64decode(sealed))
    return found


def _decrypt(sent: dict[str, Any]) -> tuple[int, bytes]:
    assert sent["KeyId"] == "secrets-key"
    opened = _opened(sent["CiphertextBlob"])
    if opened["context"] != sent["EncryptionContext"]:
        return 400, b'{"__type": "InvalidCiphertextException"}'
    return _json({"Plaintext": base64.b64encode(opened["text"].encode()).decode()})


def _attributes(user: FakeUser) -> list[dict[str, str]]:
    told = {"sub": user.name, "email": user.email, "email_verified": user.email_verified}
    return [{"Name": name, "Value": value} for name, value in told.items()]


def _json(document: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json.dumps(document).encode()


def are_about(waits_s: list[int], means_s: list[int]) -> bool:
    """Whether these are waits of these means, each spread from half to one and a half."""
    pairs = zip(waits_s, means_s, strict=True)
    return all(mean_s // 2 <= wait_s <= mean_s * 3 // 2 + 1 for wait_s, mean_s in pairs)
