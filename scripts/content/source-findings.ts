// Every number that a clinician may rely on has its source beside it, or says that it is a choice of this project.
import type { Resource } from '@medplum/fhirtypes';
import { canonicalBase } from '../../src/content/catalogue.ts';
import type { ContentFile, Finding } from './content-file.ts';

const citationUrl = `${canonicalBase}StructureDefinition/citation`;
const projectDefaultUrl = `${canonicalBase}StructureDefinition/project-default`;

/** One small resource is about one thing: its own citation stands for the numbers in it. In a plan each action needs its own. */
const citedAsAWhole: ReadonlySet<string> = new Set(['ActivityDefinition', 'Questionnaire', 'Measure']);

/** Numbers that say how something is arranged, not what is true. */
const arranged = /^(count|min|max|rank|decimalPrecision|limit|repeat)$/;

type Element = Readonly<Record<string, unknown>>;

export function sourceFindings(files: readonly ContentFile[]): readonly Finding[] {
  return files
    .filter(({ folder }) => ['plans', 'observations', 'questionnaires', 'measures'].includes(folder))
    .flatMap(({ file, resource }) => [
      ...(isCited(resource) || resource.resourceType === 'ObservationDefinition'
        ? []
        : [{ file, fault: 'has no citation' }]),
      ...bareNumbers(resource).map((place) => ({ file, fault: `${place} has no source` })),
    ]);
}

/** Places of numbers for which neither the element nor one around it gives a source. */
function bareNumbers(resource: Resource): readonly string[] {
  const found: string[] = [];
  const visit = (value: unknown, place: string, covered: boolean, key: string): void => {
    if (typeof value === 'number') {
      if (!covered && !arranged.test(key)) found.push(place);
      return;
    }
    if (Array.isArray(value)) {
      value.forEach((each, index) => {
        visit(each, `${place}[${index}]`, covered, key);
      });
    } else if (typeof value === 'object' && value !== null) {
      const element: Element = { ...value };
      const isCovered = covered || isSourced(element);
      for (const [name, child] of Object.entries(element)) {
        // What is said of a primitive stands in its sibling.
        const beside = Object(element[`_${name}`]) as Element;
        visit(
          child,
          `${place}.${name}`,
          isCovered || isNumericRule(element, name) || isSourced(beside),
          name,
        );
      }
      if (!isCovered && statesNumber(element)) found.push(`${place}.expression`);
    }
  };
  const { resourceType } = resource;
  const asAWhole = citedAsAWhole.has(resourceType) && isCited(resource);
  for (const [key, child] of Object.entries(resource)) visit(child, `${resourceType}.${key}`, asAWhole, key);
  return found;
}

/** A condition that compares with a number. */
function statesNumber({ language, expression }: Element): boolean {
  return language === 'text/fhirpath' && typeof expression === 'string' && /[<>=]\s*\d/.test(expression);
}

/** The weights of answers, and the bounds of a field, belong to the questionnaire that cites its source. */
function isNumericRule({ url }: Element, name: string): boolean {
  return name.startsWith('value') && /\/(ordinalValue|itemWeight|minValue|maxValue)$/.test(String(url));
}

function isSourced(element: Element): boolean {
  return isCited(element) || extensionsOf(element).some(({ url }) => url === projectDefaultUrl);
}

function isCited(element: object): boolean {
  const artifacts = ['documentation', 'relatedArtifact'].flatMap((name): readonly unknown[] => {
    const value: unknown = Reflect.get(element, name);
    return Array.isArray(value) ? value : [];
  });
  return (
    artifacts.some((each) => (each as Element)['type'] === 'citation') ||
    extensionsOf(element).some(({ url }) => url === citationUrl)
  );
}

function extensionsOf(element: object): readonly Element[] {
  const value: unknown = Reflect.get(element, 'extension');
  return Array.isArray(value) ? (value as readonly Element[]) : [];
}
