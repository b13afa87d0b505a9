// Turns the FHIRPath expression of a SearchParameter into a function over plain JSON, cut to one resource type.
// The R4 search parameters use a small part of FHIRPath: paths, unions, ofType/as, where and one boolean test; ours replaceMatches too.
// Medplum parses; walking plain values needs no StructureDefinitions and is many times faster than its evaluator.
import {
  AsAtom,
  type Atom,
  DotAtom,
  FunctionAtom,
  InfixOperatorAtom,
  IsAtom,
  LiteralAtom,
  parseFhirPath,
  SymbolAtom,
  UnionAtom,
} from '@medplum/core';
import { referenceTarget } from '../reference.ts';

const nothingFound: readonly unknown[] = [];

/** Collects the values of one expression in a resource. */
export type Extractor = (resource: unknown) => readonly unknown[];

/** Hands on to `out` what is found in one value. */
type Walk = (value: unknown, out: unknown[]) => void;

/** Elements with a choice of types that R4 search expressions name without saying which. */
const choiceElements = new Set(
  'effective occurrence performed scheduled abatement onset identified source created event definition probability collected value medication deceased start due item target occurred substance code'.split(
    ' ',
  ),
);
const choiceTypes =
  'DateTime Date Period Timing Instant CodeableConcept Coding Reference Quantity Range String Boolean Uri Canonical Decimal Integer Age Duration Code'.split(
    ' ',
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const take: Walk = (value, out) => {
  out.push(value);
};

/** Goes through the first of the properties that is there, each element of an array by itself. */
function through(names: readonly string[], next: Walk): Walk {
  const [name = ''] = names;
  return (value, out) => {
    if (!isObject(value)) {
      return;
    }
    const found =
      value[name] ??
      (names.length === 1 ? undefined : value[names.find((one) => value[one] !== undefined) ?? name]);
    if (Array.isArray(found)) {
      for (const item of found) {
        if (item !== null && item !== undefined) {
          next(item, out);
        }
      }
    } else if (found !== undefined && found !== null) {
      next(found, out);
    }
  };
}

const spellings = (name: string) =>
  choiceElements.has(name) ? [name, ...choiceTypes.map((type) => name + type)] : [name];

/** Does an absolute reference point to a resource of the type? Decided by its path. */
export const urlPointsTo = (type: string, url: string): boolean => url.includes(`/${type}/`);

/** `where(resolve() is Patient)`: decided by the reference's own type, nothing is fetched. */
function pointsTo(type: string, value: unknown): boolean {
  const text = isObject(value) ? value['reference'] : value;
  const target = typeof text === 'string' ? referenceTarget(text) : undefined;
  if (target === undefined) {
    return isObject(value) && value['type'] === type;
  }
  return target.kind === 'local' ? target.type === type : urlPointsTo(type, target.url);
}

function conditionOf(condition: Atom | undefined): (value: unknown) => boolean {
  if (condition instanceof IsAtom && condition.right instanceof SymbolAtom) {
    const type = condition.right.name;
    return (value) => pointsTo(type, value);
  }
  if (
    condition instanceof InfixOperatorAtom &&
    condition.operator === '=' &&
    condition.left instanceof SymbolAtom &&
    condition.right instanceof LiteralAtom
  ) {
    const name = condition.left.name;
    const wanted: unknown = condition.right.value.value;
    return (value) => isObject(value) && value[name] === wanted;
  }
  throw new Error(`Unsupported condition in a search expression: ${String(condition)}`);
}

/** Steps in order, the first being the resource type's name. */
function flatten(atom: Atom): Atom[] {
  return atom instanceof DotAtom ? [...flatten(atom.left), ...flatten(atom.right)] : [atom];
}

function compilePath(atoms: readonly Atom[]): Walk {
  const [atom, following, ...later] = atoms;
  const rest = atoms.slice(1);
  if (atom === undefined) {
    return take;
  }
  if (atom instanceof SymbolAtom && following instanceof FunctionAtom && following.name === 'ofType') {
    return through([atom.name + capital(String(following.args[0]))], compilePath(later));
  }
  if (atom instanceof SymbolAtom && following instanceof FunctionAtom && following.name === 'exists') {
    const path = through(spellings(atom.name), take);
    return (value, out) => {
      const found: unknown[] = [];
      path(value, found);
      out.push(found.length > 0);
    };
  }
  if (atom instanceof SymbolAtom) {
    return through(spellings(atom.name), compilePath(rest));
  }
  if (atom instanceof FunctionAtom && atom.name === 'where') {
    const holds = conditionOf(atom.args[0]);
    const next = compilePath(rest);
    return (value, out) => {
      if (holds(value)) {
        next(value, out);
      }
    };
  }
  if (atom instanceof FunctionAtom && atom.name === 'replaceMatches') {
    const [pattern, by] = atom.args.map(textOf);
    const every = new RegExp(pattern ?? '', 'g');
    const next = compilePath(rest);
    return (value, out) => {
      if (typeof value === 'string') {
        next(value.replaceAll(every, by ?? ''), out);
      }
    };
  }
  throw new Error(`Unsupported step in a search expression: ${String(atom)}`);
}

function textOf(atom: Atom): string {
  const text: unknown = atom instanceof LiteralAtom ? atom.value.value : undefined;
  if (typeof text === 'string') return text;
  throw new Error(`Unsupported pattern in a search expression: ${String(atom)}`);
}

const firstOf = (walk: Walk, value: unknown): unknown => {
  const found: unknown[] = [];
  walk(value, found);
  return found[0];
};

function compileAtom(atom: Atom): Walk {
  if (atom instanceof AsAtom) {
    const path = flatten(atom.left);
    const last = path.at(-1);
    return last instanceof SymbolAtom
      ? compilePath([...path.slice(1, -1), new SymbolAtom(last.name + capital(String(atom.right)))])
      : compilePath(path.slice(1));
  }
  if (atom instanceof InfixOperatorAtom && atom.operator === 'and') {
    const [left, right] = [compileAtom(atom.left), compileAtom(atom.right)];
    return (value, out) => {
      out.push(firstOf(left, value) === true && firstOf(right, value) === true);
    };
  }
  if (atom instanceof InfixOperatorAtom && atom.operator === '!=' && atom.right instanceof LiteralAtom) {
    const left = compileAtom(atom.left);
    const unwanted: unknown = atom.right.value.value;
    return (value, out) => {
      out.push(firstOf(left, value) !== unwanted);
    };
  }
  return compilePath(flatten(atom).slice(1));
}

/** The branches of a union that start at this type (or at a type that every resource has as its base). */
function branchesOf(atom: Atom, type: string): Atom[] {
  if (atom instanceof UnionAtom) {
    return [...branchesOf(atom.left, type), ...branchesOf(atom.right, type)];
  }
  let first: Atom = atom;
  while (first instanceof InfixOperatorAtom) {
    first = first.left;
  }
  const root = first instanceof SymbolAtom ? first.name : '';
  return root === type || root === 'Resource' || root === 'DomainResource' ? [atom] : [];
}

/** One branch of a union, so that parameters can be compared. */
export interface Branch {
  /** Two branches with the same text find the same. */
  readonly text: string;
  /** Of `X.where(resolve() is Patient)`: the text of X and the type. */
  readonly narrowed?: { readonly text: string; readonly target: string };
}

export interface CompiledExpression {
  readonly extract: Extractor;
  readonly branches: readonly Branch[];
}

function branchOf(atom: Atom): Branch {
  const text = String(atom);
  if (!(atom instanceof DotAtom) || !(atom.right instanceof FunctionAtom) || atom.right.name !== 'where') {
    return { text };
  }
  const [condition] = atom.right.args;
  return condition instanceof IsAtom && condition.right instanceof SymbolAtom
    ? { text, narrowed: { text: String(atom.left), target: condition.right.name } }
    : { text };
}

/** Compiles the part of an expression that applies to `type`; undefined when none does. Throws on FHIRPath outside R4's search parameters. */
export function compileExpression(type: string, expression: string): CompiledExpression | undefined {
  const atoms = branchesOf(parseFhirPath(expression).child, type);
  if (atoms.length === 0) {
    return undefined;
  }
  const walks = atoms.map(compileAtom);
  // Most parameters find nothing in most resources; the list that stayed empty serves the next resource.
  let spare: unknown[] = [];
  return {
    branches: atoms.map(branchOf),
    extract: (resource) => {
      const out = spare;
      for (const walk of walks) {
        walk(resource, out);
      }
      if (out.length === 0) {
        return nothingFound;
      }
      spare = [];
      return out;
    },
  };
}
