// Reads the FHIRPath expressions of R4's search parameters as paths to elements. The service reads them by other means
// (src/fhir/search/expression.ts), so that a fault of either shows.
import type { Step } from './sample-resource.ts';

/** One branch of an expression, below its type. */
export interface SearchPath {
  readonly steps: readonly Step[];
  /** Only references to this type count. */
  readonly onlyTarget?: string;
  /** The parameter asks whether there is such an element, and finds true or false. */
  readonly asksWhether?: true;
  /** What the parameter finds of the text that stands there. */
  readonly cut?: (text: string) => string;
}

const wherePointsTo = /\.where\(resolve\(\) is (\w+)\)$/;
/** A step, with the type or the condition that holds on it. */
const stepForm = /(?:^|\.)\(?(\w+)(?:\[0\])?(?:\.ofType\((\w+)\)\)?|\.where\((\w+)='([^']+)'\))?/g;

const replacing = /\.replaceMatches\('([^']*)', '([^']*)'\)/g;

function cutOf(branch: string): SearchPath['cut'] {
  const cuts = [...branch.matchAll(replacing)].map(
    ([, pattern = '', by = '']) => [new RegExp(pattern.replaceAll('\\\\', '\\'), 'g'), by] as const,
  );
  return cuts.length === 0
    ? undefined
    : (text) => cuts.reduce((left, [every, by]) => left.replaceAll(every, by), text);
}

function pathOf(branch: string): SearchPath {
  const onlyTarget = wherePointsTo.exec(branch)?.[1];
  const isAsking = branch.includes('.exists()');
  const cut = cutOf(branch);
  const plain = branch
    .replace(wherePointsTo, '')
    .replace(replacing, '')
    .replace(/\.exists\(\).*$/, '');
  const steps = [...plain.matchAll(stepForm)].map(
    ([, name = '', as, key, equal]): Step => ({
      name,
      ...(as !== undefined && { as: as === 'DateTime' ? 'dateTime' : as }),
      ...(key !== undefined && { with: { [key]: equal } }),
    }),
  );
  return {
    steps: steps.slice(1),
    ...(onlyTarget !== undefined && { onlyTarget }),
    ...(isAsking && { asksWhether: true }),
    ...(cut && { cut }),
  };
}

/** The branches that begin at the type, or at what every type is. */
export function pathsOf(type: string, expression: string): readonly SearchPath[] {
  const begins = new RegExp(String.raw`^\(?(?:${type}|Resource|DomainResource)\b`);
  return expression
    .split('|')
    .map((branch) => branch.trim())
    .filter((branch) => begins.test(branch))
    .map(pathOf);
}

/** The branches of a component of a composite, which begin at the element of the composite or at the whole resource. */
export function componentPaths(element: readonly Step[], expression: string): readonly SearchPath[] {
  return expression.split('|').map((written) => {
    const branch = written.trim();
    const path = pathOf(`Element.${branch.replace('%resource.', '')}`);
    return branch.startsWith('%resource.') ? path : { ...path, steps: [...element, ...path.steps] };
  });
}
