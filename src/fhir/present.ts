// The present as plans, forms and CQL are told it: they never read a clock, so that a question can be asked again.

export interface Present {
  readonly now: Date;
  /** The same instant as a FHIR dateTime of the wall clock where the organisation is: 2026-12-01T00:30:00.000+01:00. */
  readonly localNow: string;
  /** The day of it there, YYYY-MM-DD. */
  readonly today: string;
}
