"""What AWS answers instead of doing what it was asked: its error codes, a class for each kind.

Codes are told first, because services answer the same status for different things (Cognito
throttles with a 400); what is not listed is told by its status. A refusal that no row knows is an
`AwsInvalid`: it is never tried again in the hope that it passes.
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
"""

from typing import Any

from shared.domain.errors import (
    AwsDenied,
    AwsGone,
    AwsInvalid,
    AwsRefused,
    AwsThrottled,
    AwsTooLarge,
    AwsUnreachable,
)

type AwsFailure = AwsRefused | AwsUnreachable

# The role, the credentials, or the key that encrypts: the deployment has to be mended.
DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthFailure", "AuthorizationError", "ExpiredToken",
    "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidSignatureException", "MissingAuthenticationToken", "NotAuthorizedException",
    "OptInRequired", "SignatureDoesNotMatch", "UnauthorizedOperation",
    "UnrecognizedClientException",
    "DecryptionFailure", "DisabledException", "EncryptionFailure", "KMSAccessDeniedException",
    "KMSDisabledException", "KMSInvalidStateException", "KmsAccessDenied", "KmsDisabled",
    "KmsInvalidState", "KmsOptInRequired",
    # botocore's own, before anything is sent.
    "NoCredentialsError", "PartialCredentialsError",
})  # fmt: skip
TOO_LARGE = frozenset({
    "AWS.SimpleQueueService.BatchRequestTooLong", "BatchRequestTooLong", "EntityTooLarge",
    "ItemCollectionSizeLimitExceeded", "ItemCollectionSizeLimitExceededException",
    "RequestEntityTooLarge", "RequestEntityTooLargeException",
})  # fmt: skip
GONE = frozenset({
    "AWS.SimpleQueueService.NonExistentQueue", "ConfigurationSetDoesNotExist",
    "ConfigurationSetDoesNotExistException", "KMSNotFoundException", "KmsNotFound", "NoSuchBucket",
    "NoSuchKey", "NotFoundException", "ParameterNotFound", "QueueDoesNotExist", "ResourceNotFound",
    "ResourceNotFoundException", "UserNotFoundException",
})  # fmt: skip
THROTTLED = frozenset({
    "BandwidthLimitExceeded", "KmsThrottled", "LimitExceededException", "OverLimit",
    "ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException",
    "RequestLimitExceeded", "RequestThrottled", "RequestThrottledException", "SlowDown",
    "Throttling", "ThrottledException", "ThrottlingError", "ThrottlingException",
    "TooManyRequestsException", "TooManyUpdates",
})  # fmt: skip
# AWS's own trouble, or another's that ends: somebody has stopped SES's sending for a while.
# https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
UNREACHABLE = frozenset({
    "AccountSendingPausedException", "ConfigurationSetSendingPausedException",
    "InternalError", "InternalException", "InternalFailure", "InternalServerError",
    "InternalServiceError", "OperationAborted", "RequestTimeout", "RequestTimeoutException",
    "ServiceUnavailable", "TransactionConflict", "TransactionConflictException",
    "TransactionInProgressException",
})  # fmt: skip
BY_CODE: dict[str, type[AwsFailure]] = {
    code: kind
    for kind, codes in (
        (AwsDenied, DENIED),
        (AwsTooLarge, TOO_LARGE),
        (AwsGone, GONE),
        (AwsThrottled, THROTTLED),
        (AwsUnreachable, UNREACHABLE),
        (AwsInvalid, ("ParamValidationError",)),
    )
    for code in codes
}
BY_STATUS: dict[int, type[AwsFailure]] = {
    401: AwsDenied, 403: AwsDenied, 404: AwsGone, 408: AwsUnreachable, 413: AwsTooLarge,
    429: AwsThrottled,
}  # fmt: skip
CLIENT_ERROR, SERVER_ERROR = 400, 500


def aws_error(service: str, code: str, status: int) -> AwsFailure:
    """Return the error of an answer; `status` is HTTP's, 400 where the service gave none."""
    # botocore's code of an answer that has none is its status.
    status = int(code) if code.isdigit() else status
    kind = BY_CODE.get(code) or BY_STATUS.get(status)
    if kind is None:
        kind = AwsUnreachable if status >= SERVER_ERROR else AwsInvalid
    return kind(f"{service}: {code or status}", code=code or str(status))


def sdk_error(service: str, error: BaseException) -> AwsFailure:
    """Return the error of what botocore raised.

    A `ClientError` has AWS's answer. Any other came before one: what botocore itself refuses to
    send is listed above by its class, and the rest is a line that broke.
    """
    response: dict[str, Any] | None = getattr(error, "response", None)
    if response is None:
        return aws_error(service, type(error).__name__, SERVER_ERROR)
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", CLIENT_ERROR)
    return aws_error(service, code, status)
