// Light, dark, or as the system. Runs before the page is painted, so that it does not flash.
'use strict';
{
    const kept = localStorage.getItem('theme');
    if (kept === 'light' || kept === 'dark') {
        document.documentElement.dataset.theme = kept;
    }
}
