// The last instant that a date of FHIR can mean: "2019" is over at the end of that year. https://hl7.org/fhir/R4/datatypes.html#dateTime

/** In milliseconds; undefined for what is no date. Days are those of UTC. */
export function lastInstantOf(dateTime: string): number | undefined {
  const [, year, month, day, time] = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(T.+)?)?)?$/.exec(dateTime) ?? [];
  if (year === undefined) return undefined;
  const instant =
    time !== undefined
      ? Date.parse(dateTime)
      : day !== undefined
        ? Date.UTC(Number(year), Number(month) - 1, Number(day) + 1) - 1
        : month !== undefined
          ? Date.UTC(Number(year), Number(month), 1) - 1
          : Date.UTC(Number(year) + 1, 0, 1) - 1;
  return Number.isNaN(instant) ? undefined : instant;
}
