// The list of everything that is published, by what it is for, as it stands in fhir-profiles/README.md.
import type { Resource } from '@medplum/fhirtypes';
import type { ContentFile } from './content-file.ts';

interface Purpose {
  readonly heading: string;
  readonly holds: (file: ContentFile) => boolean;
}

const isType =
  (type: string, ids = /./) =>
  ({ resource }: ContentFile) =>
    resource.resourceType === type && ids.test(resource.id ?? '');

const groups = /^(prop|joint-course)-|^joint-course$/;
const isOf = (element: string) => (file: ContentFile) => {
  const topics = file.resource.resourceType === 'ActivityDefinition' ? (file.resource.topic ?? []) : [];
  return topics.some(({ coding }) => coding?.some(({ code }) => code === element) === true);
};

/** The first that holds a file has it. */
const purposes: readonly Purpose[] = [
  { heading: 'Plans', holds: isType('PlanDefinition') },
  {
    heading: 'Instruments, scored by the service',
    holds: ({ resource }) =>
      resource.resourceType === 'Questionnaire' &&
      resource.extension?.some(({ url }) => url.endsWith('/scored-by')) === true,
  },
  { heading: 'How the scores are made', holds: isType('ObservationDefinition') },
  {
    heading: 'Forms for the general practitioner',
    holds: isType(
      'Questionnaire',
      /^(gp-preparation|referral-form|red-flags-.*|post-exertional-malaise-gate|what-matters-to-me)$/,
    ),
  },
  { heading: 'Forms of the group programme and the joint course', holds: isType('Questionnaire', groups) },
  { heading: 'Forms of the course, for patient and therapist', holds: isType('Questionnaire') },
  { heading: 'Library: psychosomatic education', holds: isOf('education') },
  { heading: 'Library: body-oriented exercises', holds: isOf('body-oriented') },
  { heading: 'Library: cognitive-behavioural approaches', holds: isOf('cbt') },
  { heading: 'Library: activating therapy', holds: isOf('activation') },
  {
    heading: 'Activities of the group programme and the joint course',
    holds: isType('ActivityDefinition', groups),
  },
  { heading: 'Steps of the pathway and the course', holds: isType('ActivityDefinition') },
  { heading: 'Measures of withdrawn support', holds: isType('Measure') },
  { heading: 'How changes are computed', holds: isType('Library') },
  { heading: 'Words', holds: ({ folder }) => folder === 'wording' },
  {
    heading: 'Profiles: what the service stores',
    holds: ({ resource }) => resource.resourceType === 'StructureDefinition' && resource.type !== 'Extension',
  },
  { heading: 'Extensions', holds: isType('StructureDefinition') },
  { heading: 'Code systems', holds: isType('CodeSystem') },
  { heading: 'Value sets', holds: isType('ValueSet') },
  { heading: 'Maps between code systems', holds: isType('ConceptMap') },
  { heading: 'Operations', holds: isType('OperationDefinition') },
  { heading: 'Search parameters', holds: isType('SearchParameter') },
  { heading: 'The guide that lists all of this', holds: isType('ImplementationGuide') },
];

/** Markdown. Throws when something has no place in it. */
export function artefactList(files: readonly ContentFile[]): string {
  const left = new Set(files.filter(({ folder }) => folder !== 'examples' && folder !== 'demo'));
  const parts = purposes.map(({ heading, holds }) => {
    const held = [...left].filter(holds);
    for (const file of held) left.delete(file);
    const lines = held.map((file) => `- [\`${file.resource.id}\`](${file.file}) ${titleOf(file.resource)}`);
    return `### ${heading}\n\n${lines.join('\n')}\n`;
  });
  const [lost] = left;
  if (lost) throw new Error(`${lost.file} has no place in the list of artefacts`);
  return parts.join('\n');
}

/** With a mark for what is a proposal, not validated anywhere. */
function titleOf(resource: Resource): string {
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(resource, name);
    return typeof value === 'string' ? value : undefined;
  };
  const title = text('title') ?? text('preferredReportName') ?? text('name') ?? '';
  return Reflect.get(resource, 'experimental') === true ? `${title} (experimental)` : title;
}
