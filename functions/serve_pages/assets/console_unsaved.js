// Which forms have changes that are not saved: a page is not left, and a tab not closed, unasked.

const changedForms = new Set();

/** Note from now on what somebody changes in a form, and return what to call when it is saved.
 *
 * `tell` hears whether the form has unsaved changes.
 */
export function watchChanges(form, tell = () => {}) {
  const note = (event) => {
    // A look at something is no change.
    if (event.target.closest("[data-aside]")) return;
    changedForms.add(form);
    tell(true);
  };
  form.addEventListener("input", note);
  form.addEventListener("change", note);
  return () => {
    changedForms.delete(form);
    tell(false);
  };
}

/** Whether a form, or any that is on the page, has changes that are not saved. */
export function hasUnsaved(form = null) {
  for (const each of changedForms) if (!each.isConnected) changedForms.delete(each);
  return form ? changedForms.has(form) : changedForms.size > 0;
}

/** Let every change go. */
export function dropChanges() { changedForms.clear(); }

addEventListener("beforeunload", (event) => { if (hasUnsaved()) event.preventDefault(); });
