// Questions and short messages.

import {byId, element, setText, showText} from './dom.js';
import {Refused, token, TokenNeeded} from './api.js';

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

/** What to tell of a request that failed with `error`. */
export const explanation = (error) => (error instanceof Refused ? error.message : 'The daemon does not answer.');

/**
 * Asks for a number and has `submit` send it; the dialog stays open, and says why, while the daemon refuses.
 * Resolves to what the daemon answers, or to null when nothing was sent.
 */
export function askForNumber({text, value, submit}) {
    const dialog = byId('number');
    const input = byId('number-value');
    const form = dialog.querySelector('form');
    setText(byId('number-text'), text);
    showText(byId('number-error'), '');
    input.value = value;
    dialog.showModal();
    input.select();
    return new Promise((resolve) => {
        let answer = null;
        const send = async (event) => {
            event.preventDefault();
            try {
                answer = await submit(input.value.trim());
                dialog.close();
            } catch (error) {
                if (error instanceof TokenNeeded) {
                    await askForToken();
                } else {
                    showText(byId('number-error'), explanation(error));
                }
            }
        };
        form.addEventListener('submit', send);
        byId('number-no').onclick = () => dialog.close();
        dialog.addEventListener(
            'close',
            () => {
                form.removeEventListener('submit', send);
                resolve(answer);
            },
            {once: true},
        );
    });
}

/** Carries out `action`, and says how it went. */
export async function act(action, done) {
    try {
        toast(done(await action()));
    } catch (error) {
        if (error instanceof TokenNeeded) {
            await askForToken();
        } else {
            toast(explanation(error), 'bad');
        }
    }
}

/** Says something for a few seconds. */
export function toast(text, tone = 'good') {
    const message = element('p', {class: 'toast', 'data-tone': tone}, text);
    byId('toasts').append(message);
    setTimeout(() => message.remove(), TOAST_MS);
}
