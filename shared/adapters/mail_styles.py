"""css-inline: a mail's styles, written on its tags."""

import css_inline


def inline_styles(html: str) -> str:
    """Return a mail's HTML with its styles on the tags.

    Most mail clients ignore style sheets; those that do not get the one for phones and dark mode.
    """
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(html)
