// Each kind of fault that the check of content is there for is found, and what is right is left alone.
import type { CodeSystem, PlanDefinition, Questionnaire, Resource, ValueSet } from '@medplum/fhirtypes';
import { codeListFindings } from '../../scripts/content/code-list-findings.ts';
import { conditionFindings } from '../../scripts/content/condition-findings.ts';
import { type ContentFile, readContentFiles } from '../../scripts/content/content-file.ts';
import { coverageFindings } from '../../scripts/content/coverage-findings.ts';
import { formFindings } from '../../scripts/content/form-findings.ts';
import { metadataFindings } from '../../scripts/content/metadata-findings.ts';
import { sourceFindings } from '../../scripts/content/source-findings.ts';
import { translationFindings } from '../../scripts/content/translation-findings.ts';
import { wordingFindings } from '../../scripts/content/wording-findings.ts';
import { loadCatalogue } from '../../src/content/load-catalogue.ts';

const own = 'https://w3id.org/alongside/fhir/StructureDefinition';

function file(folder: string, resource: Resource): ContentFile {
  return { file: `${folder}/it.json`, folder, resource };
}
const faultsOf = (findings: readonly { readonly fault: string }[]) => findings.map(({ fault }) => fault);

const inDutch = (content: string) => ({
  extension: [
    {
      url: 'http://hl7.org/fhir/StructureDefinition/translation',
      extension: [
        { url: 'lang', valueCode: 'nl' },
        { url: 'content', valueString: content },
      ],
    },
  ],
});
const cited = { url: `${own}/citation`, valueRelatedArtifact: { type: 'citation' as const } };

const form: Questionnaire = { resourceType: 'Questionnaire', id: 'it', status: 'active' };

describe('what a resource says of itself', () => {
  const whole = {
    url: 'https://example.org/it',
    version: '1.0.0',
    date: '2026-11-28',
    publisher: 'x',
    description: 'x',
    purpose: 'x',
    experimental: false,
  };

  it('is found missing', () => {
    const { purpose: _purpose, ...rest } = whole;
    expect(faultsOf(metadataFindings([file('questionnaires', { ...form, ...rest })]))).toEqual([
      'has no purpose',
    ]);
    expect(metadataFindings([file('questionnaires', { ...form, ...whole })])).toEqual([]);
  });

  it('is not asked of examples', () => {
    expect(metadataFindings([file('examples', form)])).toEqual([]);
  });

  it('stands in extensions where R4 has no elements for it', () => {
    const definition: Resource = { resourceType: 'ObservationDefinition', code: { text: 'x' } };
    expect(faultsOf(metadataFindings([file('observations', definition)]))).toContain('has no url');
  });
});

describe('a text without Dutch', () => {
  it('is found, where people read it', () => {
    const title = {
      ...form,
      title: 'Title',
      item: [{ linkId: 'a', type: 'display' as const, text: 'Hello' }],
    };
    expect(faultsOf(translationFindings([file('questionnaires', title)]))).toEqual([
      'Questionnaire.title: has no text in nl',
      'Questionnaire.item[0].text: has no text in nl',
    ]);
    const both = {
      ...form,
      title: 'Title',
      _title: inDutch('Titel'),
      item: [{ linkId: 'a', type: 'display' as const, text: 'Hello', _text: inDutch('Hallo') }],
    };
    expect(translationFindings([file('questionnaires', both)])).toEqual([]);
  });

  it('is found when the translation is empty', () => {
    const empty = { ...form, title: 'Title', _title: inDutch(' ') };
    expect(translationFindings([file('questionnaires', empty)])).toHaveLength(1);
  });

  it('is as it should be in a validated instrument, where a translation of ours is the fault', () => {
    const validated = { url: `${own}/validated-text`, valueBoolean: true };
    const ours = { url: `${own}/validated-text`, valueBoolean: false };
    const item = { linkId: 'a', type: 'display' as const, text: 'Hello' };
    const instrument = { ...form, extension: [validated] };
    const withItem = (more: object) => [
      file('questionnaires', { ...instrument, item: [{ ...item, ...more }] }),
    ];
    expect(translationFindings(withItem({}))).toEqual([]);
    expect(faultsOf(translationFindings(withItem({ _text: inDutch('Hallo') })))).toEqual([
      'Questionnaire.item[0].text: the text of a validated instrument is translated here',
    ]);
    expect(faultsOf(translationFindings(withItem({ extension: [ours] })))).toEqual([
      'Questionnaire.item[0].text: has no text in nl',
    ]);
  });

  it('is found in a code system, where designations count', () => {
    const codes: CodeSystem = {
      resourceType: 'CodeSystem',
      status: 'active',
      content: 'complete',
      concept: [
        { code: 'a', display: 'A', designation: [{ language: 'nl', value: 'Een' }] },
        { code: 'b', display: 'B' },
      ],
    };
    expect(faultsOf(translationFindings([file('terminology', codes)]))).toEqual([
      'CodeSystem.concept[1].display: has no text in nl',
    ]);
  });
});

describe('a number without a source', () => {
  const plan = (action: object): ContentFile =>
    file('plans', {
      resourceType: 'PlanDefinition',
      status: 'active',
      relatedArtifact: [{ type: 'citation' }],
      action: [{ id: 'a', ...action }],
    } as PlanDefinition);
  const offset = { relatedAction: [{ actionId: 'b', offsetDuration: { value: 3, code: 'mo' } }] };
  const condition = {
    condition: [{ kind: 'applicability', expression: { language: 'text/fhirpath', expression: '%x >= 5' } }],
  };

  it('is found in an action, whatever the plan cites as a whole', () => {
    expect(faultsOf(sourceFindings([plan(offset)]))).toEqual([
      'PlanDefinition.action[0].relatedAction[0].offsetDuration.value has no source',
    ]);
    expect(faultsOf(sourceFindings([plan(condition)]))).toEqual([
      'PlanDefinition.action[0].condition[0].expression.expression has no source',
    ]);
  });

  it('is right with a citation beside it, or as a choice of this project that says so', () => {
    expect(sourceFindings([plan({ ...offset, documentation: [{ type: 'citation' }] })])).toEqual([]);
    const chosen = { url: `${own}/project-default`, valueBoolean: true };
    const marked = { relatedAction: [{ ...offset.relatedAction[0], extension: [chosen] }] };
    expect(sourceFindings([plan(marked)])).toEqual([]);
  });

  it('is not excused by a remark that is no citation', () => {
    expect(sourceFindings([plan({ ...offset, documentation: [{ type: 'justification' }] })])).toHaveLength(1);
  });
});

describe('a questionnaire that does not hold together', () => {
  it('has a condition or a sum over a question that is not there, or two of one name', () => {
    const broken: Questionnaire = {
      ...form,
      extension: [cited],
      item: [
        { linkId: 'a', type: 'boolean' },
        { linkId: 'a', type: 'boolean' },
        {
          linkId: 'b',
          type: 'string',
          enableWhen: [{ question: 'c', operator: 'exists', answerBoolean: true }],
        },
        {
          linkId: 'sum',
          type: 'integer',
          extension: [
            {
              url: 'http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-calculatedExpression',
              valueExpression: {
                language: 'text/fhirpath',
                expression: "%resource.item.where(linkId = 'd').answer.value",
              },
            },
          ],
        },
      ],
    };
    expect(faultsOf(formFindings([file('questionnaires', broken)]))).toEqual([
      'two items are named a',
      'b depends on c, which is no item here',
      'the expression of sum reads d, which is no item here',
    ]);
  });
});

describe('a code of a system that is not ours', () => {
  const list: ValueSet = {
    resourceType: 'ValueSet',
    id: 'snomed-ct-used',
    status: 'active',
    compose: { include: [{ system: 'http://snomed.info/sct', concept: [{ code: '1', display: 'One' }] }] },
  };
  const using = (code: string, display?: string, copyright = 'Contains SNOMED CT.') => [
    file('terminology', { ...list, copyright }),
    file('questionnaires', {
      ...form,
      copyright,
      code: [{ system: 'http://snomed.info/sct', code, ...(display && { display }) }],
    }),
  ];

  it('is found when the resource does not carry the notice of its licence', () => {
    expect(faultsOf(codeListFindings(using('1', 'One', 'Ours.')))).toEqual([
      'uses codes of http://snomed.info/sct without their notice in its copyright',
      'uses codes of http://snomed.info/sct without their notice in its copyright',
    ]);
  });

  it('is found when no list of ours has it, or has it by another name', () => {
    expect(codeListFindings(using('1', 'One'))).toEqual([]);
    expect(codeListFindings(using('1'))).toEqual([]);
    expect(faultsOf(codeListFindings(using('2', 'Two')))).toEqual([
      'Questionnaire.code[0]: http://snomed.info/sct 2 is not in ValueSet/snomed-ct-used',
    ]);
    expect(faultsOf(codeListFindings(using('1', 'Uno')))).toEqual([
      'Questionnaire.code[0]: 1 is called "One" in ValueSet/snomed-ct-used',
    ]);
  });
});

describe('what is published and never shown', () => {
  it('is a questionnaire that no example answers', () => {
    const named = { ...form, url: 'https://example.org/it' };
    const answers: Resource = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      questionnaire: 'https://example.org/it|1.0.0',
    };
    expect(faultsOf(coverageFindings([file('questionnaires', named)]))).toEqual([
      'no example answers this questionnaire',
    ]);
    expect(coverageFindings([file('questionnaires', named), file('examples', answers)])).toEqual([]);
  });

  it('is an element of therapy without what a library needs to say of it', () => {
    const element: Resource = {
      resourceType: 'ActivityDefinition',
      status: 'active',
      topic: [
        {
          coding: [{ system: 'https://w3id.org/alongside/fhir/CodeSystem/pss-element', code: 'education' }],
        },
      ],
    };
    expect(faultsOf(coverageFindings([file('plans', element)]))).toEqual([
      'has no leaflet',
      'has no therapist-hint',
      'has no indication',
      'has no contraindication',
      'has no duration-minutes',
    ]);
  });
});

describe('a word that harms', () => {
  const rules = readContentFiles('fhir-profiles').files.filter(
    ({ resource }) => resource.id === 'wording-rule',
  );
  const saying = (text: string, dutch = 'x') =>
    wordingFindings([
      ...rules,
      file('questionnaires', {
        ...form,
        item: [{ linkId: 'a', type: 'display', text, _text: inDutch(dutch) }],
      } as object as Questionnaire),
    ]);

  it('is found in English and in Dutch', () => {
    expect(faultsOf(saying('There is nothing wrong with you.'))).toEqual([
      'Questionnaire.item[0].text: "nothing wrong with" (nothing-wrong)',
    ]);
    expect(faultsOf(saying('x', 'Er is niets aan de hand.'))).toEqual([
      'Questionnaire.item[0].text: "niets aan de hand" (nothing-wrong)',
    ]);
    expect(faultsOf(saying('How was your homework?'))).toEqual([
      'Questionnaire.item[0].text: "homework" (homework)',
    ]);
  });

  it('may be quoted, so that a hint can say what not to say', () => {
    expect(saying('Never say "nothing is wrong".')).toEqual([]);
  });
});

describe('a condition', () => {
  it('that no example meets, or none fails, is found', async () => {
    const { files } = readContentFiles('fhir-profiles');
    const catalogue = loadCatalogue('fhir-profiles');
    const plan: PlanDefinition = {
      resourceType: 'PlanDefinition',
      status: 'active',
      url: 'https://example.org/PlanDefinition/it',
      action: [
        {
          id: 'a',
          condition: [
            { kind: 'applicability', expression: { language: 'text/fhirpath', expression: 'true' } },
          ],
        },
      ],
    };
    expect(faultsOf(await conditionFindings([...files, file('plans', plan)], catalogue))).toContain(
      'no example for whom this is not-met: true',
    );
  });

  it('in CQL is run as well: one that no example fails is found, and a name that its library does not have', async () => {
    const { files } = readContentFiles('fhir-profiles');
    const catalogue = loadCatalogue('fhir-profiles');
    const name = 'examples/PlanDefinition-example-cql.json';
    const faults = async (among: readonly ContentFile[]) =>
      (await conditionFindings(among, catalogue)).filter((each) => each.file === name);
    expect(await faults(files)).toEqual([]);
    const isFallen = ({ resource }: ContentFile) => resource.id === 'plan-data-total-fallen';
    expect(await faults(files.filter((each) => !isFallen(each)))).toEqual([
      { file: name, fault: 'no example for whom this is not-met: Total Has Risen' },
    ]);
    const misnamed = files.map((each) =>
      each.file === name
        ? {
            ...each,
            resource: JSON.parse(
              JSON.stringify(each.resource).replace('"Total Has Risen"', '"Total Rose"'),
            ) as Resource,
          }
        : each,
    );
    expect((await faults(misnamed)).map(({ fault }) => fault)).toContain(
      'look-together: no library of the plan holds "Total Rose" as ELM, which text/cql-identifier asks for: give the name of a definition that the ELM has',
    );
  });
});
