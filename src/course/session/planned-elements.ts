// Shares the minutes of a session out over what was planned for it, for a session that went as planned.

/** Whole minutes that add up to the session; the first ones get what is left over. Empty when there are fewer minutes than elements. */
export function sharedMinutes(minutes: number, elements: number): readonly number[] {
  const each = Math.floor(minutes / elements);
  const left = minutes - each * elements;
  return elements < 1 || each < 1
    ? []
    : Array.from({ length: elements }, (_, index) => (index < left ? each + 1 : each));
}
