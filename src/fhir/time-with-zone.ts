// A time of day with its zone, as clients send one: seconds may be left out, which an instant of R4 may not.

const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/** Only its form: "2026-02-30T10:00Z" is one too. */
export const isTimeWithZone = (text: string): boolean => form.test(text);

/** The same, or what has the form of a date. */
export const isDateOrTime = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) || form.test(text);
