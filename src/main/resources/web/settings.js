// The settings that are in force, asked for when somebody unfolds them.

import * as api from './api.js';
import {byId, element} from './dom.js';
import {explanation, toast} from './dialogs.js';

const LABELS = ['Setting', 'Value', 'Meaning'];

function row({name, value, is_default: isDefault, explanation}) {
    const cells = [
        element('td', {class: 'lead'}, element('code', {}, name)),
        element('td', {class: isDefault ? 'value muted' : 'value'}, value === '' ? 'not set' : value),
        element('td', {class: 'text'}, explanation),
    ];
    cells.forEach((cell, i) => cell.setAttribute('data-label', LABELS[i]));
    return element('tr', isDefault ? {} : {class: 'changed'}, ...cells);
}

/** Fills the table whenever it is unfolded; those that differ from their defaults come first. */
export function watchSettings() {
    const details = byId('settings');
    details.addEventListener('toggle', async () => {
        if (!details.open) {
            return;
        }
        try {
            const {settings} = await api.settings();
            const sorted = settings.toSorted((a, b) => Number(a.is_default) - Number(b.is_default));
            details.querySelector('tbody').replaceChildren(...sorted.map(row));
        } catch (error) {
            toast(explanation(error), 'bad');
        }
    });
}
