/**
 * Names in the order in which people look for them, whatever the database sorts by: by letters first, then accents and
 * case. By code point "Äpfel" would stand behind "zebra". ICU's rules for no language in particular are a part of each
 * PostgreSQL that is built with it.
 */
export const AS_PEOPLE_SORT = 'COLLATE "und-x-icu"';
