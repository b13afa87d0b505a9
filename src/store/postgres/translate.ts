// Turns the shared SQL, which is written for SQLite, into PostgreSQL's. What the two say alike is most of it; this is the rest.
//
// Both are told how to find rows, so that a search runs as it was thought out (search-plan.ts) and not as statistics, which lag behind
// every load of data, make it look. SQLite has words for it; here they become forms that leave the planner one way.

/** What has another name here. In SQLite a CROSS JOIN, which may have a condition there, is a join whose order is kept. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\binstr\(/g, 'strpos('],
  [/\bCROSS JOIN\b/g, 'JOIN'],
  [/ INDEXED BY \w+/g, ''],
];

/** The columns of index tables that hold text; all others hold numbers. */
const texts: ReadonlySet<string> = new Set(['code', 'folded', 'uri', 'exact']);

/** The same value in a form that no index answers: what a unary plus is to SQLite. */
const unindexed = (alias: string, column: string) =>
  texts.has(column) ? `(${alias}.${column} || '')` : `(${alias}.${column} + 0)`;

const byRowAlone = /\b(?:FROM|JOIN) \w+ (\w+) NOT INDEXED/g;

/** Rows of a table that is NOT INDEXED are found by their row_id: nothing else may lead to them. */
function foundByRow(select: string): string {
  const aliases = [...select.matchAll(byRowAlone)].map(([, alias]) => alias ?? '');
  return aliases.reduce(
    (text, alias) =>
      text.replace(
        new RegExp(`(?<![+\\w])${alias}\\.parameter_id\\b`, 'g'),
        unindexed(alias, 'parameter_id'),
      ),
    select.replaceAll(' NOT INDEXED', ''),
  );
}

/** The place of the bracket that closes the one at `open`. No text of ours has a bracket in a literal. */
function closing(sql: string, open: number): number {
  let depth = 0;
  for (let at = open; at < sql.length; at += 1) {
    if (sql[at] === '(') depth += 1;
    if (sql[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error('A bracket in a statement is not closed.');
}

/**
 * Every SELECT in brackets by itself, the inner ones first. A condition on other tables is asked of the row in hand: with OFFSET it is
 * never made into a join that begins at its other end, with all patients of a practitioner for each row.
 * https://www.postgresql.org/docs/current/queries-limit.html
 */
function translateSelects(sql: string): string {
  const begin = /(?<exists>\+?\bEXISTS )?\((?=SELECT\b)/g;
  let result = '';
  let from = 0;
  for (let found = begin.exec(sql); found !== null; found = begin.exec(sql)) {
    const open = begin.lastIndex - 1;
    const close = closing(sql, open);
    const inner = foundByRow(translateSelects(sql.slice(open + 1, close)));
    const isCondition = found.groups?.['exists'] !== undefined;
    result += sql.slice(from, found.index) + (isCondition ? `EXISTS (${inner} OFFSET 0)` : `(${inner})`);
    from = close + 1;
    begin.lastIndex = from;
  }
  return result + sql.slice(from);
}

/** `?` becomes `$1`, `$2` and so on. No text of ours has a question mark that is not one of a value. */
export function translate(sql: string): string {
  let marks = 0;
  return words
    .reduce((text, [from, to]) => text.replace(from, to), foundByRow(translateSelects(sql)))
    .replace(/(?<=[\s(])\+(\w)\.(\w+)/g, (_text, alias: string, column: string) => unindexed(alias, column))
    .replace(/(?<=[\s(])\+(?=\()/g, '')
    .replaceAll('?', () => {
      marks += 1;
      return `$${marks}`;
    });
}
