// What the page is built with. Text from the daemon only ever becomes text: nothing here parses HTML.

// What ends a line or turns text around: controls but tab and line breaks, and those of the bidirectional algorithm.
const STEERING = /[\0-\b\v\f\x0e-\x1f\x7f-\x9f\u2028\u2029]|\p{Bidi_Control}/gu;

/** A text as it may be shown: what steers is written as in JSON, `\u202e`. */
export const plain = (text) =>
    typeof text === 'string'
        ? text.replace(STEERING, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`)
        : text;

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An element with attributes (`null` and `false` leave one out) and children, strings or nodes. */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value !== null && value !== false) {
            made.setAttribute(key, value === true ? '' : plain(value));
        }
    }
    made.append(...children.filter((child) => child !== null).map(plain));
    return made;
}

/** Changes the text of a node only when it differs, so that a selection in it stays. */
export function setText(node, text) {
    const shown = plain(text);
    if (node.textContent !== shown) {
        node.textContent = shown;
    }
}

/** Sets what a tooltip (`title`) or a screen reader (`aria-label`) says of a node. */
export const setHint = (node, attribute, text) => node.setAttribute(attribute, plain(text));

/** Shows `node` with this text, or hides it when there is none. */
export function showText(node, text) {
    node.hidden = !text;
    setText(node, text ?? '');
}

/**
 * Makes the children of `parent` those of `items`, in their order. A row is made once per key by
 * `make(item)`, which answers `{node, update}`; then `update(item, …)` is called. Rows that stay are not
 * touched, so that focus, selection and what is unfolded stay too.
 */
export function keyedRows(parent, key, make) {
    const rows = new Map();
    return (items, ...more) => {
        const keys = new Set(items.map(key));
        for (const [old, row] of rows) {
            if (!keys.has(old)) {
                row.node.remove();
                rows.delete(old);
            }
        }
        let place = parent.firstElementChild;
        for (const item of items) {
            const id = key(item);
            let row = rows.get(id);
            if (!row) {
                row = make(item);
                rows.set(id, row);
            }
            row.update(item, ...more);
            if (row.node === place) {
                place = place.nextElementSibling;
            } else {
                parent.insertBefore(row.node, place);
            }
        }
    };
}
