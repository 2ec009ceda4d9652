// Questions and short messages.

import {byId, element, setText} from './dom.js';
import {token} from './api.js';

const TOAST_MS = 6000;

/** Asks; resolves to whether the answer was yes. */
export function confirm({title, text, yes, danger = false}) {
    const dialog = byId('confirm');
    setText(byId('confirm-title'), title);
    setText(byId('confirm-text'), text);
    setText(byId('confirm-yes'), yes);
    byId('confirm-yes').classList.toggle('danger', danger);
    dialog.returnValue = 'no';
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), {once: true});
    });
}

/** Asks for the token until one is given; it is kept for this tab. */
export function askForToken() {
    const dialog = byId('token');
    const value = byId('token-value');
    byId('token-error').hidden = token.get() === null;
    value.value = '';
    dialog.showModal();
    return new Promise((resolve) => {
        dialog.addEventListener(
            'close',
            () => {
                token.set(value.value);
                resolve();
            },
            {once: true},
        );
    });
}

/** Says something for a few seconds. */
export function toast(text, tone = 'good') {
    const message = element('p', {class: 'toast', 'data-tone': tone}, text);
    byId('toasts').append(message);
    setTimeout(() => message.remove(), TOAST_MS);
}
