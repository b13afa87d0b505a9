// Writes the steps of a tailored plan into its resources: the planned sessions, their order, and the record of who changed what and why.
import type {
  CodeableConcept,
  Extension,
  Provenance,
  ProvenanceEntity,
  RequestGroup,
  ServiceRequest,
} from '@medplum/fhirtypes';
import { extensionUrl } from '../course-codes.ts';
import { isSaidAlike, type Said, saidAs, saidIn } from '../said.ts';
import { sessionQuantity } from '../session/session-quantity.ts';
import type { PlanStep } from './plan-step.ts';

/** The extensions without those of these addresses. */
export function without(
  extensions: readonly Extension[] | undefined,
  ...urls: readonly string[]
): readonly Extension[] {
  return (extensions ?? []).filter(({ url }) => !urls.includes(url));
}

/** The planned session as its step says; `reason` is why it was dropped. */
export function sessionOfStep(
  session: ServiceRequest,
  step: PlanStep,
  reason: CodeableConcept | undefined,
): ServiceRequest {
  const {
    quantityQuantity: _quantity,
    quantityRange: _range,
    orderDetail: _detail,
    instantiatesCanonical: _canonicals,
    ...rest
  } = session;
  const isDropped = step.state === 'dropped';
  const canonicals = [
    ...(step.definition ? [step.definition] : []),
    ...step.elements.flatMap(({ activity }) => (activity ? [activity] : [])),
  ];
  return {
    ...rest,
    extension: [
      ...without(
        session.extension,
        extensionUrl.planStep,
        extensionUrl.sessionNumber,
        ...(isDropped ? [extensionUrl.statusReason] : []),
      ),
      { url: extensionUrl.sessionNumber, valuePositiveInt: step.number },
      { url: extensionUrl.planStep, valueString: step.stepId },
      ...(isDropped && reason ? [{ url: extensionUrl.statusReason, valueCodeableConcept: reason }] : []),
    ],
    ...(canonicals.length > 0 && { instantiatesCanonical: canonicals }),
    ...(isDropped && { status: 'revoked' as const }),
    code: titled(session.code, step.title),
    ...(step.elements.length > 0 && {
      // An element that stays keeps what was said about it, such as the factor that it works on.
      orderDetail: step.elements.map(
        ({ element }) =>
          session.orderDetail?.find(({ coding }) => coding?.[0]?.code === element.code) ?? {
            coding: [element],
          },
      ),
    }),
    ...sessionQuantity(step),
    occurrenceDateTime: step.date,
  };
}

function titled(code: CodeableConcept = {}, title: Said): CodeableConcept {
  const before = saidIn(code, 'text');
  return before && isSaidAlike(before, title)
    ? code
    : { ...(code.coding && { coding: code.coding }), ...saidAs('text', title) };
}

/** A session that the plan did not have, for the same people and the same course as one that it has. */
export function addedSession(
  id: string,
  like: ServiceRequest,
  step: PlanStep,
  authoredOn: string,
): ServiceRequest {
  const { id: _id, meta: _meta, extension: _extension, note: _note, ...rest } = like;
  return sessionOfStep({ ...rest, id, status: 'active', authoredOn }, step, undefined);
}

/** The order of the sessions that are planned or were held. `idOf` gives the ServiceRequest of a step. */
export function orderOfSteps(
  order: RequestGroup,
  steps: readonly PlanStep[],
  idOf: (stepId: string) => string,
): RequestGroup {
  const { action: _action, ...rest } = order;
  const action = steps
    .filter(({ state }) => state !== 'dropped')
    .map((step) => ({
      id: step.stepId,
      prefix: String(step.number),
      ...saidAs('title', step.title),
      timingDateTime: step.date,
      resource: { reference: `ServiceRequest/${idOf(step.stepId)}` },
    }));
  return { ...rest, ...(action.length > 0 && { action }) };
}

/** One version of a resource, and the one that it came from. */
export interface Revision {
  /** "ServiceRequest/x" */
  readonly reference: string;
  readonly versionId: string;
  /** Absent for what is new. */
  readonly before?: string;
}

export interface TailoringRecord {
  readonly patient: string;
  /** "Practitioner/x" of who changed the plan. */
  readonly author: string;
  /** Code of CodeSystem/tailoring-edit. */
  readonly edit: string;
  readonly reason: CodeableConcept;
  /** True when the person took part in the decision; else the sentence that says why they did not. Absent where nobody said. */
  readonly agreed?: true | string;
  readonly at: string;
  readonly revisions: readonly Revision[];
  /** What it is about without changing it, such as a session that is past. */
  readonly about?: string;
  /** The version of the protocol that it is about. */
  readonly protocol?: ProtocolReference;
}

export interface ProtocolReference {
  /** "PlanDefinition/x", with /_history/ and the version where that is known. */
  readonly reference: string;
  /** url|version */
  readonly canonical: string;
}

const uriSystem = 'urn:ietf:rfc:3986';

/** True when people decided that the course does not go on by this version (url|version) of its protocol. */
export const keepsVersion = ({ extension, entity }: Provenance, canonical: string): boolean =>
  extension?.some(
    ({ url, valueCode }) => url === extensionUrl.tailoringEdit && valueCode === 'keep-version',
  ) === true &&
  entity?.some(({ what }) => what.identifier?.system === uriSystem && what.identifier.value === canonical) ===
    true;

/** The person is a target too: by that the record lies in their compartment, and they can read it. */
export function tailoringProvenance(id: string, record: TailoringRecord): Provenance {
  const version = (reference: string, versionId: string) => ({
    reference: `${reference}/_history/${versionId}`,
  });
  const { about, protocol } = record;
  const sources: ProvenanceEntity[] = [
    ...(about === undefined ? [] : [{ role: 'source' as const, what: { reference: about } }]),
    ...(protocol
      ? [
          {
            role: 'source' as const,
            what: {
              reference: protocol.reference,
              identifier: { system: uriSystem, value: protocol.canonical },
            },
          },
        ]
      : []),
  ];
  const entity = [
    ...record.revisions.flatMap(({ reference, before }) =>
      before === undefined ? [] : [{ role: 'revision' as const, what: version(reference, before) }],
    ),
    ...sources,
  ];
  return {
    resourceType: 'Provenance',
    id,
    extension: [
      { url: extensionUrl.tailoringEdit, valueCode: record.edit },
      ...(record.agreed === true || record.agreed === undefined
        ? []
        : [{ url: extensionUrl.notAgreedReason, valueString: record.agreed }]),
    ],
    target: [
      ...record.revisions.map(({ reference, versionId }) => version(reference, versionId)),
      { reference: record.patient },
    ],
    occurredDateTime: record.at,
    recorded: record.at,
    reason: [record.reason],
    activity: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
          code: 'UPDATE',
          display: 'revise',
        },
      ],
    },
    agent: [
      {
        type: {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
              code: 'author',
              display: 'Author',
            },
          ],
        },
        who: { reference: record.author },
      },
      ...(record.agreed === true
        ? [{ type: { text: 'Decided together' }, who: { reference: record.patient } }]
        : []),
    ],
    ...(entity.length > 0 && { entity }),
  };
}
