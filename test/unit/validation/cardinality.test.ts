// What R4 requires must be there, in a resource, in its parts and in data types, and what stands once must stand alone.
// The tables that say so, and hold the invariants, are compared with the definitions that they are made of.
import { fileURLToPath } from 'node:url';
import type { ElementDefinition } from '@medplum/fhirtypes';
import { baseDefinitions } from '../../../src/content/base-definitions.ts';
import { typeTables } from '../../../src/fhir/validation/type-table.ts';
import { asSent, error, validatorOnBase } from './validator-on-base.ts';

const base = baseDefinitions(fileURLToPath(new URL('../../../fhir-profiles/base/', import.meta.url)));
const tables = typeTables({ definition: (name) => base.definition(name), valueSet: () => undefined });
const issuesOf = (value: unknown) => validatorOnBase().validate(asSent(value));
const missing = (place: string) => error('structure', place, 'Missing required property');

/** The table of the type that holds the element, found by going down from the resource or data type. */
const tableOf = (name: string, element: ElementDefinition) =>
  element.path
    .split('.')
    .slice(1, -1)
    .reduce((table, step) => tables(table?.fields.get(step)?.type ?? ''), tables(name));

describe('the tables', () => {
  const all = base.names().flatMap((name) => {
    const definition = base.definition(name);
    const isAbstract = definition?.abstract === true && definition.kind === 'resource';
    const elements = isAbstract ? [] : (definition?.snapshot?.element ?? []).slice(1);
    // The definitions keep an id whose element is not R4 (DeviceDefinition.classification.id); nothing leads there.
    const paths = new Set(definition?.snapshot?.element.map(({ path }) => path));
    return elements
      .filter(({ path }) => paths.has(path.slice(0, path.lastIndexOf('.'))))
      .map((each) => ({ name, each }));
  });

  it('require each element that R4 requires, and no other', () => {
    expect(all.length).toBeGreaterThan(7000);
    for (const { name, each } of all) {
      const last = each.path.slice(each.path.lastIndexOf('.') + 1).replace('[x]', '');
      const isRequired = tableOf(name, each)?.requiredNames.includes(last);
      expect([name, each.path, isRequired]).toEqual([name, each.path, (each.min ?? 0) > 0]);
    }
  });

  it('hold an array where R4 has one, and only there', () => {
    for (const { name, each } of all) {
      if (each.max === '0') continue;
      const last = each.path.slice(each.path.lastIndexOf('.') + 1).replace('[x]', '');
      const fields = [...(tableOf(name, each)?.fields.values() ?? [])].filter((field) => field.name === last);
      expect([each.path, fields.length > 0]).toEqual([each.path, true]);
      for (const field of fields) expect([each.path, field.isArray]).toEqual([each.path, each.max === '*']);
    }
  });
});

describe('the tables hold each invariant of R4', () => {
  /** Judged by code of its own: references and narratives. Or not at all: patterns that cost too much, for definitions only. */
  const elsewhere = new Set(['ref-1', 'txt-1', 'txt-2', 'eld-19', 'sdf-19']);

  it('on its type or its element', () => {
    let count = 0;
    for (const name of base.names()) {
      const definition = base.definition(name);
      if (definition?.abstract && definition.kind === 'resource') continue;
      for (const each of definition?.snapshot?.element ?? []) {
        // It has the invariants of the element that it refers to, which are the same under another key.
        if (each.contentReference) continue;
        const last = each.path.slice(each.path.lastIndexOf('.') + 1).replace('[x]', '');
        const fields = [...(tableOf(name, each)?.fields.values() ?? [])].filter(
          (field) => field.name === last,
        );
        const holders = each.path.includes('.') ? fields : [tables(name)];
        for (const { key } of each.constraint ?? []) {
          if (elsewhere.has(key ?? '')) continue;
          count++;
          const isHeld = holders.every((holder) => holder?.rules.some((rule) => rule.key === key));
          expect([each.path, key, holders.length > 0 && isHeld]).toEqual([each.path, key, true]);
        }
      }
    }
    expect(count).toBeGreaterThan(600);
  });
});

describe('a required element that is missing is named', () => {
  it('in a resource, together with the others', () => {
    expect(issuesOf({ resourceType: 'Observation', id: 'a' })).toEqual([
      missing('Observation.status'),
      missing('Observation.code'),
    ]);
  });

  it('in a part', () => {
    const component = [{ code: { text: 'a' } }, { valueInteger: 1 }];
    const observation = { resourceType: 'Observation', status: 'final', code: { text: 'b' }, component };
    expect(issuesOf(observation)).toEqual([missing('Observation.component[1].code')]);
  });

  it('in a part that is defined elsewhere, however deep', () => {
    const item = [
      { linkId: 'a', item: [{ linkId: 'b', answer: [{ valueString: 'x', item: [{ text: 'c' }] }] }] },
    ];
    const response = { resourceType: 'QuestionnaireResponse', status: 'completed', item };
    expect(issuesOf(response)).toEqual([
      missing('QuestionnaireResponse.item[0].item[0].answer[0].item[0].linkId'),
    ]);
  });

  it('in a data type, and in an extension beside a primitive', () => {
    const patient = {
      resourceType: 'Patient',
      text: { status: 'empty' },
      _birthDate: { extension: [{ valueString: 'x' }] },
    };
    expect(issuesOf(patient)).toEqual([
      missing('Patient.text.div'),
      missing('Patient.birthDate.extension[0].url'),
    ]);
  });

  it('when it is a choice', () => {
    const task = {
      resourceType: 'Task',
      status: 'draft',
      intent: 'order',
      input: [{ type: { text: 'a' } }, { type: { text: 'b' }, valueString: 'x' }],
    };
    expect(issuesOf(task)).toEqual([missing('Task.input[0].value')]);
  });

  it('in a contained resource and in an entry', () => {
    const contained = [{ resourceType: 'Basic', id: 'a' }];
    const resource = { resourceType: 'Basic', code: { extension: [], text: 'x' } };
    const basic = { resourceType: 'Basic', contained, code: { text: 'x' }, subject: { reference: '#a' } };
    const entry = [{ resource: basic }, { resource: { ...resource, code: undefined } }];
    expect(issuesOf({ resourceType: 'Bundle', type: 'collection', entry })).toEqual([
      missing('Bundle.entry[0].resource.contained[0].code'),
      missing('Bundle.entry[1].resource.code'),
    ]);
  });

  it('but may have extensions in place of a value', () => {
    const url = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';
    const _status = { extension: [{ url, valueCode: 'unknown' }] };
    expect(issuesOf({ resourceType: 'Observation', _status, code: { text: 'x' } })).toEqual([]);
  });
});

describe('a null', () => {
  it('may not stand beside nothing', () => {
    const name = [
      { _given: [null] },
      { given: ['a'], _given: [null, null] },
      { given: ['a'], _given: [null] },
    ];
    expect(issuesOf({ resourceType: 'Patient', name })).toEqual([
      error('structure', 'Patient.name[0].given[0]', 'A null may only stand beside a value'),
      error('structure', 'Patient.name[1].given[1]', 'A null may only stand beside a value'),
    ]);
  });
});
