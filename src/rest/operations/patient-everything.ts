// Patient/[id]/$everything: https://hl7.org/fhir/R4/patient-operation-everything.html
import type { ResourceType } from '@medplum/fhirtypes';
import { invalid } from '../../fhir/error.ts';
import { dateInterval, earliestMs, latestMs } from '../../fhir/search/date-interval.ts';
import type { RecordQuery } from '../../store/store.ts';
import { readEverything } from '../../workflows/resources/read-everything.ts';
import { fhirJson } from '../answer.ts';
import type { AnsweringOperation } from '../operation.ts';
import { addEntry, searchsetAround } from '../searchset.ts';
import { askedPart } from '../shape.ts';
import { type ParameterReader, parameterReader } from './parameter-reader.ts';

const usualCount = 100;
const mostCount = 200;
const names = ['start', 'end', '_since', '_type', '_count', '_cursor'] as const;

export const patientEverything: AnsweringOperation = {
  name: 'everything',
  resourceType: 'Patient',
  levels: ['instance'],
  methods: ['GET', 'POST'],
  definition: 'https://w3id.org/alongside/fhir/OperationDefinition/patient-everything',
  async answer({ context, http, id = '', parameters }) {
    const given = parameterReader(parameters, names);
    const { shape, understood } = askedPart(http.system, undefined, http.query);
    const page = await readEverything(context, queryOf(given, id, http.system.resourceTypes));
    const address = (cursor: string | undefined) =>
      addressOf(`${http.base}/Patient/${id}/$everything`, given, understood, cursor);
    const links = [
      { relation: 'self', url: address(given.text('_cursor')) },
      ...(page.next === undefined ? [] : [{ relation: 'next', url: address(page.next) }]),
    ];
    const entries: string[] = [];
    for (const version of page.record) addEntry(entries, http.base, version, 'match', shape);
    for (const version of page.referred) addEntry(entries, http.base, version, 'include', shape);
    return { status: 200, headers: { 'Content-Type': fhirJson }, body: searchsetAround(links, entries) };
  },
};

function queryOf(given: ParameterReader, patientId: string, served: readonly ResourceType[]): RecordQuery {
  const types = typesOf(given, served);
  const since = intervalOf(given, '_since');
  const [start, end] = [intervalOf(given, 'start'), intervalOf(given, 'end')];
  const count = given.integer('_count') ?? usualCount;
  const cursor = given.text('_cursor');
  if (count < 1) throw invalid('"_count" is a whole number from 1', given.expression);
  return {
    patientId,
    count: Math.min(count, mostCount),
    ...(types && { types }),
    ...(since && { sinceMs: since.fromMs }),
    ...((start ?? end) && {
      care: { fromMs: start?.fromMs ?? earliestMs, untilMs: end?.untilMs ?? latestMs },
    }),
    ...(cursor !== undefined && { cursor }),
  };
}

/** Several in one value by commas, or the parameter several times. */
function typesOf(
  given: ParameterReader,
  served: readonly ResourceType[],
): readonly ResourceType[] | undefined {
  if (!given.has('_type')) return undefined;
  return given.texts('_type').flatMap(({ value, expression }) =>
    value.split(',').map((name) => {
      const type = served.find((each) => each === name.trim());
      if (!type)
        throw invalid(`"_type": "${name.slice(0, 64)}" is no resource type that is served`, expression);
      return type;
    }),
  );
}

function intervalOf(given: ParameterReader, name: string) {
  // A "+" of a time zone that was not percent-encoded arrives as a space.
  const text = given.text(name)?.replace(' ', '+');
  const interval = text === undefined ? undefined : dateInterval(text);
  if (text !== undefined && !interval) {
    throw invalid(`"${name}" is a date or an instant such as 2026-11-20T09:00:00Z`, given.expression);
  }
  return interval;
}

function addressOf(place: string, given: ParameterReader, part: string, cursor: string | undefined): string {
  const asked = names
    .filter((name) => name !== '_cursor')
    .flatMap((name) => given.references(name).map(({ value }) => `${name}=${encodeURIComponent(value)}`));
  const next = cursor === undefined ? '' : `_cursor=${encodeURIComponent(cursor)}`;
  const pairs = [...asked, part, next].filter((pair) => pair !== '');
  return pairs.length === 0 ? place : `${place}?${pairs.join('&')}`;
}
