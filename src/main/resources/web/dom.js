// What the page is built with. Text from the daemon only ever becomes text: nothing here parses HTML.

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/** An element with attributes (`null` and `false` leave one out) and children, strings or nodes. */
export function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (value !== null && value !== false) {
            made.setAttribute(key, value === true ? '' : value);
        }
    }
    made.append(...children.filter((child) => child !== null));
    return made;
}

/** Changes the text of a node only when it differs, so that a selection in it stays. */
export function setText(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

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
