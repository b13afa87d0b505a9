// The rows by which a resource is found: search index, timeline, compartments, care ties. Computed here, written by the adapters.
import type { Resource } from '@medplum/fhirtypes';
import { careTiesOf } from '../../fhir/care-ties.ts';
import type { PatientCompartment } from '../../fhir/compartment.ts';
import { isForThePersonAlone } from '../../fhir/for-the-person-alone.ts';
import { referenceTarget } from '../../fhir/reference.ts';
import { earliestMs } from '../../fhir/search/date-interval.ts';
import type { IndexValue } from '../../fhir/search/index-value.ts';
import type { IndexEntry, SearchRegistry } from '../../fhir/search/search-registry.ts';
import type { Dictionary } from './dictionary.ts';
import { createElementRows } from './element-rows.ts';
import { among, type Fragment, fragment } from './fragment.ts';
import { type IndexRows, type IndexTable, indexTableNames, noIndexRows } from './index-tables.ts';
import { sharingOf } from './sharing.ts';
import type { Statements } from './statements.ts';

/** Stand in system_id for "no system" and for "a bare code, whose binding implies the system". */
export const noSystem = 0;
export const impliedSystem = -1;

/** What stands beside the codes of a token parameter, in the same table under a name of its own: that of its modifier. */
export const besideParameter = { typed: ':of-type', text: ':text' } as const;

export interface IndexRowMaker {
  /** Every index row of a resource. */
  rowsOf(statements: Statements, typeId: number, resource: Resource): IndexRows;
  /** Which rows of the timeline are those of a resource, as long as the other rows stand that they were made of. */
  timelineOf(statements: Statements, rowId: number, type: string): Fragment;
  /** Removes what was written for a row by other definitions than those of now. */
  removeOutdated(statements: Statements, rowId: number, typeId: number): void;
}

/** Removes the index rows of a resource; `timeline` finds those of the timeline. `kept` stays. */
export function removeIndexRows(
  statements: Statements,
  rowId: number,
  timeline: Fragment,
  kept?: IndexTable,
): void {
  // First, because it is found by what stands in the others.
  statements.run(`DELETE FROM timeline WHERE ${timeline.sql}`, ...timeline.values);
  for (const table of indexTableNames) {
    if (table !== 'timeline' && table !== kept) {
      statements.run(`DELETE FROM ${table} WHERE row_id = ?`, rowId);
    }
  }
}

/** Stands in the timeline where there is no code. */
const noCode = '';

/** Does the type stand in the timeline by code and date? */
export function hasTimeline(registry: SearchRegistry, type: string): boolean {
  return (
    registry.parameter(type, 'patient')?.kind === 'reference' &&
    registry.parameter(type, 'code')?.kind === 'token' &&
    registry.parameter(type, 'date')?.kind === 'date'
  );
}

export function createIndexRows(
  dictionary: Dictionary,
  registry: SearchRegistry,
  compartment: PatientCompartment,
): IndexRowMaker {
  const systemId = (statements: Statements, value: IndexValue & { kind: 'token' | 'quantity' | 'typed' }) => {
    if (value.system !== undefined) {
      return dictionary.termId(statements, value.system);
    }
    return value.kind === 'token' && value.isSystemImplied ? impliedSystem : noSystem;
  };

  const besideId = (statements: Statements, type: string, code: string, value: IndexValue) =>
    value.kind === 'typed' || value.kind === 'text'
      ? dictionary.termId(statements, `${type}.${code}${besideParameter[value.kind]}`)
      : undefined;

  const elementRows = createElementRows(dictionary, registry, systemId);

  const addValue = (
    statements: Statements,
    rows: IndexRows,
    parameterId: number,
    value: IndexValue,
  ): unknown => {
    switch (value.kind) {
      case 'token':
      case 'typed':
        return rows.token_value.push([parameterId, value.code, systemId(statements, value)]);
      case 'text':
        return rows.token_value.push([parameterId, value.folded, noSystem]);
      case 'reference':
        return rows.reference_value.push([parameterId, dictionary.targetId(statements, value.target)]);
      case 'string':
        return rows.string_value.push([parameterId, value.exact, value.folded]);
      case 'date':
        return rows.date_value.push([parameterId, value.fromMs, value.untilMs]);
      case 'quantity':
        return rows.quantity_value.push([
          parameterId,
          value.code,
          systemId(statements, value),
          value.low,
          value.high,
        ]);
      case 'uri':
        return rows.uri_value.push([parameterId, value.uri]);
    }
  };

  /** Each patient of the compartment; under the codes those whom the resource is about, as its parameter "patient" says. */
  const addTimeline = (
    statements: Statements,
    rows: IndexRows,
    { typeId, type }: { readonly typeId: number; readonly type: string },
    entries: readonly IndexEntry[],
    patientIds: readonly number[],
  ): void => {
    const valuesOf = (code: string) => {
      const stored = hasTimeline(registry, type) ? registry.parameter(type, code)?.storedAs : undefined;
      return stored === undefined
        ? []
        : entries.filter(({ parameter }) => stored.includes(parameter.code)).flatMap(({ values }) => values);
    };
    const starts = valuesOf('date').flatMap((value) => (value.kind === 'date' ? [value.fromMs] : []));
    const fromMs = starts.length === 0 ? earliestMs : Math.min(...starts);
    const subjects = new Set(
      valuesOf('patient').flatMap((value) =>
        value.kind === 'reference' && value.target.kind === 'local' && value.target.type === 'Patient'
          ? [dictionary.targetId(statements, value.target)]
          : [],
      ),
    );
    const codes = valuesOf('code').flatMap((value) => (value.kind === 'token' ? [value] : []));
    for (const patientId of new Set([...subjects, ...patientIds])) {
      if (subjects.has(patientId) && codes.length > 0) {
        for (const code of codes) {
          rows.timeline.push([patientId, typeId, code.code, fromMs, systemId(statements, code)]);
        }
      } else {
        rows.timeline.push([patientId, typeId, noCode, fromMs, noSystem]);
      }
    }
  };

  const timelineOf = (statements: Statements, rowId: number, type: string): Fragment => {
    const stored = (code: string) => {
      const facts = hasTimeline(registry, type) ? registry.parameter(type, code) : undefined;
      return among(
        'parameter_id',
        (facts?.storedAs ?? []).map((name) => dictionary.termId(statements, `${type}.${name}`)),
      );
    };
    const [patient, code, date] = [stored('patient'), stored('code'), stored('date')];
    return fragment(
      `type_id = ? AND row_id = ?
         AND patient_id IN (SELECT patient_id FROM compartment WHERE row_id = ?
           UNION SELECT target_id FROM reference_value WHERE row_id = ? AND ${patient.sql})
         AND code IN (SELECT ? UNION SELECT code FROM token_value WHERE row_id = ? AND ${code.sql})
         AND from_ms = coalesce((SELECT min(from_ms) FROM date_value WHERE row_id = ? AND ${date.sql}), ?)`,
      dictionary.termId(statements, type),
      rowId,
      rowId,
      rowId,
      ...patient.values,
      noCode,
      rowId,
      ...code.values,
      rowId,
      ...date.values,
      earliestMs,
    );
  };

  return {
    rowsOf(statements, typeId, resource) {
      const type = resource.resourceType;
      const rows = noIndexRows();
      const entries = registry.indexEntries(resource);
      for (const { parameter, values } of entries) {
        const parameterId = dictionary.termId(statements, `${type}.${parameter.code}`);
        for (const value of values) {
          addValue(statements, rows, besideId(statements, type, parameter.code, value) ?? parameterId, value);
        }
      }
      elementRows.add(statements, rows, resource);
      const owners = compartment.ownersOf(resource);
      const ownerIds: number[] = [];
      const isPrivate = isForThePersonAlone(resource);
      for (const owner of owners) {
        const ownerId = dictionary.targetId(statements, { kind: 'local', ...owner });
        rows.compartment.push([ownerId, sharingOf(owner, isPrivate)]);
        ownerIds.push(ownerId);
      }
      addTimeline(statements, rows, { typeId, type }, entries, ownerIds);
      for (const tie of careTiesOf(resource, registry.baseUrl)) {
        const patientId = dictionary.targetId(statements, { kind: 'local', ...tie.of });
        for (const reference of tie.references) {
          const target = referenceTarget(reference);
          if (target !== undefined) {
            rows.care_tie.push([dictionary.targetId(statements, target), patientId]);
          }
        }
      }
      return rows;
    },

    timelineOf,

    removeOutdated(statements, rowId, typeId) {
      // Whatever it stood under: the patient is in its record, or among what it refers to.
      const timeline = fragment(
        `type_id = ? AND row_id = ?
           AND patient_id IN (SELECT patient_id FROM compartment WHERE row_id = ?
             UNION SELECT target_id FROM reference_value WHERE row_id = ?)`,
        typeId,
        rowId,
        rowId,
        rowId,
      );
      removeIndexRows(statements, rowId, timeline);
    },
  };
}
