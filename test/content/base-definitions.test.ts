// The vendored R4 definitions are whole: every type can be validated, and every required binding has its codes or its rule.
import { fileURLToPath } from 'node:url';
import { baseDefinitions } from '../../src/content/base-definitions.ts';
import { requiredCodes } from '../../src/fhir/validation/required-codes.ts';
import { typeTables } from '../../src/fhir/validation/type-table.ts';

const base = baseDefinitions(fileURLToPath(new URL('../../fhir-profiles/base/', import.meta.url)));
const definitions = base.names().flatMap((name) => base.definition(name) ?? []);

/** LOINC's answer list for MolecularSequence.structureVariant.variantType, which is not at hand. */
const notHeld = ['http://loinc.org/vs/LL379-9|4.0.1'];

describe('the vendored R4 definitions', () => {
  it('hold the 146 resource types of R4 that can be stored', () => {
    const resources = definitions.filter((each) => each.kind === 'resource' && !each.abstract);
    expect(resources).toHaveLength(146);
  });

  it('are found by name and by canonical, and nothing else is', () => {
    expect(base.definition('http://hl7.org/fhir/StructureDefinition/Patient|4.0.1')).toBe(
      base.definition('Patient'),
    );
    for (const name of ['patient', 'Unicorn', 'constructor', '../package', 'SubscriptionStatus', '']) {
      expect(base.definition(name)).toBeUndefined();
    }
  });

  it('become tables, each of whose fields has a type that is there', () => {
    const tables = typeTables({
      definition: (name) => base.definition(name),
      valueSet: (url) => base.requiredCodes(url),
    });
    const types = definitions.filter((each) => !each.abstract || each.kind !== 'resource');
    const seen = new Set<string>();
    const visit = (name: string): void => {
      if (seen.has(name) || name === 'Resource') return;
      seen.add(name);
      const table = tables(name);
      expect([name, table?.name]).toEqual([name, name]);
      for (const field of table?.fields.values() ?? []) if (!field.primitive) visit(field.type);
    };
    for (const each of types) visit(each.name);
    expect(seen.size).toBeGreaterThan(600);
  });

  it('have the codes or a rule for every required binding', () => {
    const bound = definitions
      .flatMap((each) => each.snapshot?.element ?? [])
      .flatMap((element) => element.binding?.valueSet ?? []);
    const missing = [...new Set(bound)].filter(
      (url) => !requiredCodes(url, (each) => base.requiredCodes(each)),
    );
    expect(missing).toEqual(notHeld);
  });

  it('hold nothing that was added to R4 by others', () => {
    const paths = definitions.flatMap((each) => each.snapshot?.element.map((element) => element.path) ?? []);
    for (const path of [
      'Meta.project',
      'Binary.url',
      'ResearchStudy.label',
      'ObservationDefinition.publisher',
    ]) {
      expect(paths).not.toContain(path);
    }
    expect(paths).toContain('EvidenceVariable.characteristic.participantEffective[x]');
    const known = new Set(paths);
    const isOrphan = (path: string) => path.includes('.') && !known.has(path.slice(0, path.lastIndexOf('.')));
    expect(paths.filter(isOrphan)).toEqual([]);
  });

  it('hold no invariant of R5, which would refuse what R4 allows', () => {
    const keys = definitions.flatMap((each) =>
      (each.snapshot?.element ?? []).flatMap(({ constraint = [] }) => constraint.map(({ key }) => key)),
    );
    expect(keys).not.toContain('evv-1');
  });
});
