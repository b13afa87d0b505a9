// The numbers of names and reference targets in PostgreSQL. Rows of `term` and `target` are committed by themselves, before what
// refers to them, and never change: a number that is known here is right on every node and after every rollback. Only a crash of the
// database can take the youngest back, as long as nothing refers to them; then all that is known here is forgotten.
import type { ReferenceTarget } from '../../fhir/reference.ts';
import { type Dictionary, idOfTarget } from '../sql/dictionary.ts';
import type { Statements } from '../sql/statements.ts';
import { missingOf } from './attempt.ts';
import { arrayOfNumbers, arrayOfTexts, type Command, type Rows } from './command.ts';
import type { How, Missing, TargetKey } from './missing.ts';

export interface Numbers {
  readonly dictionary: Dictionary;
  /** Looks up, or gives, every number that is missing. */
  learn(missing: Missing): Promise<void>;
  /** To be called when a connection was lost: the database may have crashed and given a number to another name since. */
  forget(): void;
}

/** Stands for a number until it is known; never sent. */
const notKnown = -2;

const mostTerms = 50_000;
const mostTargets = 100_000;

/** What was kept longest goes first. */
function keep(numbers: Map<string, number>, key: string, value: number, most: number): void {
  if (numbers.size >= most) {
    const oldest = numbers.keys().next();
    if (!oldest.done) numbers.delete(oldest.value);
  }
  numbers.set(key, value);
}

const howOf = ({ atLeast }: Missing, asked: How): How => (atLeast === 'give' ? 'give' : asked);

const termKey = (text: string) => `t${text}`;
const targetKey = ({ typeId, id }: TargetKey) => `${typeId}/${id}`;

// The values are sorted, so that two nodes that give numbers to the same names wait for each other in one order.
const giveTerms = `WITH given AS (
    INSERT INTO term (text) SELECT text FROM unnest(CAST(? AS text[])) AS wanted (text) ORDER BY text
      ON CONFLICT (text) DO NOTHING RETURNING term_id, text)
  SELECT term_id, text FROM given
  UNION ALL SELECT term_id, text FROM term WHERE text = ANY (CAST(? AS text[]))`;
const findTerms = 'SELECT term_id, text FROM term WHERE text = ANY (CAST(? AS text[]))';
const giveTargets = `WITH wanted AS (
    SELECT * FROM unnest(CAST(? AS bigint[]), CAST(? AS text[])) AS w (type_id, id)),
  given AS (
    INSERT INTO target (type_id, id) SELECT type_id, id FROM wanted ORDER BY type_id, id
      ON CONFLICT (type_id, id) DO NOTHING RETURNING target_id, type_id, id)
  SELECT target_id, type_id, id FROM given
  UNION ALL SELECT t.target_id, t.type_id, t.id FROM wanted w JOIN target t ON t.type_id = w.type_id AND t.id = w.id`;
const findTargets = `SELECT t.target_id, t.type_id, t.id
  FROM unnest(CAST(? AS bigint[]), CAST(? AS text[])) AS w (type_id, id)
  JOIN target t ON t.type_id = w.type_id AND t.id = w.id`;

/** `ask` commits by itself. */
export function createNumbers(ask: (command: Command) => Promise<Rows>): Numbers {
  const terms = new Map<string, number>();
  const targets = new Map<string, number>();

  const termOf = (statements: Statements, text: string, asked: How): number | undefined => {
    const known = terms.get(text);
    if (known !== undefined) {
      return known;
    }
    const missing = missingOf(statements);
    const how = howOf(missing, asked);
    if (how === 'find' && missing.absent.has(termKey(text))) {
      return undefined;
    }
    if (how === 'give' || !missing.terms.has(text)) {
      missing.terms.set(text, how);
    }
    return how === 'give' ? notKnown : undefined;
  };

  const targetOf = (
    statements: Statements,
    typeId: number,
    target: ReferenceTarget,
    asked: How,
  ): number | undefined => {
    const key = { typeId, id: idOfTarget(target) };
    const place = targetKey(key);
    const known = targets.get(place);
    if (known !== undefined) {
      return known;
    }
    const missing = missingOf(statements);
    const how = howOf(missing, asked);
    if (typeId !== notKnown && !(how === 'find' && missing.absent.has(place))) {
      if (how === 'give' || !missing.targets.has(place)) {
        missing.targets.set(place, { ...key, how });
      }
    }
    return how === 'give' ? notKnown : undefined;
  };

  const dictionary: Dictionary = {
    findTerm: (statements, text) => termOf(statements, text, 'find'),
    termId: (statements, text) => termOf(statements, text, 'give') ?? notKnown,
    findTarget(statements, target) {
      const typeId = target.kind === 'url' ? 0 : termOf(statements, target.type, 'find');
      return typeId === undefined ? undefined : targetOf(statements, typeId, target, 'find');
    },
    targetId(statements, target) {
      const typeId = target.kind === 'url' ? 0 : (termOf(statements, target.type, 'give') ?? notKnown);
      return targetOf(statements, typeId, target, 'give') ?? notKnown;
    },
  };

  async function learnTerms(missing: Missing): Promise<void> {
    const give = [...missing.terms].filter(([, how]) => how === 'give').map(([text]) => text);
    const all = [...missing.terms.keys()];
    const rows = await (give.length > 0
      ? ask({ sql: giveTerms, values: [arrayOfTexts(give), arrayOfTexts(all)] })
      : ask({ sql: findTerms, values: [arrayOfTexts(all)] }));
    for (const row of rows as readonly { readonly term_id: number; readonly text: string }[]) {
      keep(terms, row.text, row.term_id, mostTerms);
    }
    for (const [text, how] of missing.terms) {
      if (how === 'find' && !terms.has(text)) missing.absent.add(termKey(text));
    }
    missing.terms.clear();
  }

  async function learnTargets(missing: Missing): Promise<void> {
    const wanted = [...missing.targets.values()];
    const give = wanted.filter(({ how }) => how === 'give');
    const find = wanted.filter(({ how }) => how === 'find');
    for (const [sql, keys] of [
      [giveTargets, give],
      [findTargets, find],
    ] as const) {
      if (keys.length === 0) continue;
      const typeIds = arrayOfNumbers(keys.map(({ typeId }) => typeId));
      const rows = await ask({ sql, values: [typeIds, arrayOfTexts(keys.map(({ id }) => id))] });
      for (const row of rows as readonly {
        readonly target_id: number;
        readonly type_id: number;
        readonly id: string;
      }[]) {
        keep(targets, targetKey({ typeId: row.type_id, id: row.id }), row.target_id, mostTargets);
      }
    }
    for (const [place, { how }] of missing.targets) {
      if (how === 'find' && !targets.has(place)) missing.absent.add(place);
    }
    missing.targets.clear();
  }

  return {
    dictionary,
    async learn(missing) {
      if (missing.terms.size > 0) await learnTerms(missing);
      if (missing.targets.size > 0) await learnTargets(missing);
    },
    forget() {
      terms.clear();
      targets.clear();
    },
  };
}
