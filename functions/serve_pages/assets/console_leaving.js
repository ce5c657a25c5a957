// Leaving a page of the console by a link or the browser's own buttons; unsaved changes are asked about.

import { element } from "./dom.js";
import { ask } from "./console_parts.js";
import { dropChanges, hasUnsaved } from "./console_unsaved.js";

/** Do what leaves the page, once nothing is lost by it or that is meant. */
export function leaving(act) {
  if (!hasUnsaved()) return act();
  return ask({
    title: "Leave without saving?",
    body: [element("p", {}, "What you have changed on this page is not saved yet.")],
    label: "Leave without saving",
    close: "Stay",
    kind: "danger",
    go: () => {
      dropChanges();
      act();
    },
  });
}

/** Call `show` after each move to another address of the console. */
export function followMoves(show) {
  // A browser without the Navigation API cannot tell where in its history a page is.
  const place = () => globalThis.navigation?.currentEntry?.index ?? 0;
  let at = place();
  let isGoingBack = false;
  addEventListener("hashchange", ({ oldURL, newURL }) => {
    if (isGoingBack) {
      isGoingBack = false;
      return;
    }
    const by = place() - at;
    if (!hasUnsaved()) {
      at += by;
      show();
    } else if (by) {
      isGoingBack = true;
      history.go(-by);
      leaving(() => history.go(by));
    } else {
      history.replaceState(null, "", oldURL);
      leaving(() => location.replace(newURL));
    }
  });
}
