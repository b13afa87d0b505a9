// The comparison prefixes of FHIR search as SQL over two columns. https://hl7.org/fhir/R4/search.html#prefix
// Dates are half-open intervals; the rules follow the text of the table there, word for word.
import type { FilterTest, Prefix } from '../../fhir/search-query.ts';
import { type Fragment, fragment } from './fragment.ts';

type DateValue = (FilterTest & { kind: 'date' })['values'][number];
type NumberValue = Pick<
  (FilterTest & { kind: 'number' })['values'][number],
  'prefix' | 'low' | 'high' | 'value'
>;

/** "Approximately" is within a tenth of the time between the date and now. */
const nearness = 0.1;

/** Is the interval in `from` and `until` (milliseconds, half-open) as the value asks? */
export function dateSql(value: DateValue, from: string, until: string, nowMs: number): Fragment {
  const { fromMs, untilMs } = value.interval;
  const inside = `(${from} >= ? AND ${from} < ? AND ${until} <= ?)`;
  const rules = {
    eq: () => fragment(inside, fromMs, untilMs, untilMs),
    ne: () => fragment(`NOT ${inside}`, fromMs, untilMs, untilMs),
    gt: () => fragment(`${until} > ?`, untilMs),
    lt: () => fragment(`${from} < ?`, fromMs),
    ge: () => fragment(`(${until} > ? OR ${inside})`, untilMs, fromMs, untilMs, untilMs),
    le: () => fragment(`(${from} < ? OR ${inside})`, fromMs, fromMs, untilMs, untilMs),
    sa: () => fragment(`${from} >= ?`, untilMs),
    eb: () => fragment(`${until} <= ?`, fromMs),
    ap: () => {
      const middle = (fromMs + untilMs) / 2;
      const gap = Math.round(Math.abs(nowMs - middle) * nearness);
      return fragment(`(${from} < ? AND ${until} > ?)`, untilMs + gap, fromMs - gap);
    },
  } satisfies Record<Prefix, () => Fragment>;
  return rules[value.prefix]();
}

/** Is the range in `low` and `high` as the value asks? Equality counts the precision that was typed; order does not. */
export function numberSql(value: NumberValue, low: string, high: string): Fragment {
  // A plain number typed as 100 means 99.5 up to 100.5; both ends of a stored range must lie in it.
  const inside = `(${low} >= ? AND ${low} < ? AND ${high} < ?)`;
  const equal = [value.low, value.high, value.high] as const;
  const rules = {
    eq: () => fragment(inside, ...equal),
    ne: () => fragment(`NOT ${inside}`, ...equal),
    gt: () => fragment(`${high} > ?`, value.value),
    lt: () => fragment(`${low} < ?`, value.value),
    ge: () => fragment(`${high} >= ?`, value.value),
    le: () => fragment(`${low} <= ?`, value.value),
    sa: () => fragment(`${low} > ?`, value.value),
    eb: () => fragment(`${high} < ?`, value.value),
    ap: () => fragment(`(${low} <= ? AND ${high} >= ?)`, value.high, value.low),
  } satisfies Record<Prefix, () => Fragment>;
  return rules[value.prefix]();
}
