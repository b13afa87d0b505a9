// Turns the shared SQL, which is written for SQLite, into PostgreSQL's. What the two say alike is most of it; this is the rest.

/**
 * SQLite's hints to its planner: which index to use, and a unary plus before what no index shall answer. PostgreSQL is told once,
 * for each connection, to follow the order of the joins and to prefer indexes (connection.ts).
 */
const hints: readonly (readonly [RegExp, string])[] = [
  [/ (NOT INDEXED|INDEXED BY \w+)/g, ''],
  [/(?<=[\s(])\+(?=v\.)/g, ''],
];

/**
 * A condition on other tables is asked of the row in hand. As it stands PostgreSQL may turn it into a join and begin at its other
 * end, with all patients of a practitioner for each row; compared with a constant it is left where it is.
 */
const question = /\+?\b(NOT )?EXISTS\b/g;
const asked = (_text: string, not: string | undefined) => `${not === undefined ? 'TRUE' : 'FALSE'} = EXISTS`;

/** What has another name here. In SQLite a CROSS JOIN, which may have a condition there, is a join whose order is kept. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\binstr\(/g, 'strpos('],
  [/\bCROSS JOIN\b/g, 'JOIN'],
];

/** `?` becomes `$1`, `$2` and so on. No text of ours has a question mark that is not one of a value. */
export function translate(sql: string): string {
  let marks = 0;
  return [...hints, ...words]
    .reduce((text, [from, to]) => text.replace(from, to), sql)
    .replace(question, asked)
    .replaceAll('?', () => {
      marks += 1;
      return `$${marks}`;
    });
}
