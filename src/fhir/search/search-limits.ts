// How much one search may ask for. The store runs inside the process, so what one search costs everybody waits for:
// each figure keeps the worst that a client can write together well under a second of work.

export const searchLimits = {
  /** Matches to a page when nothing is said, and at most. */
  usualCount: 20,
  count: 200,
  /** Parameters of one search, of every kind. */
  parameters: 50,
  /** Values of one parameter joined by commas, and of all parameters of a search together. */
  values: 200,
  allValues: 500,
  /** Values of one composite, and how many plain ones each stands for: no index answers a pair, every row is looked at for each. */
  compositeValues: 20,
  compositeWeight: 10,
  /** Characters of one parameter's value. */
  valueLength: 10_000,
  sortKeys: 5,
  /** _include and _revinclude together. */
  includes: 5,
  /** Rounds of :iterate, the first one counted. */
  iterations: 3,
  /** Resources that one page may include. */
  included: 1000,
  /** Steps of one chain, forward and reverse together. */
  steps: 4,
  /** Types that the steps of all chains of a search may lead to. */
  links: 20,
  /** Types that are looked at on the way. */
  tries: 1000,
  /** What a chain leads to is listed first while there are no more than these; more are tested row by row. */
  listed: 2000,
} as const;
