// Makes a call that comes twice with one Idempotency-Key have one effect and one answer.
// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
import { hash } from 'node:crypto';
import type { Actor } from '../auth/actor.ts';
import { businessRule, conflict, FhirError } from '../fhir/error.ts';
import { toJson } from '../fhir/json.ts';
import type { KeptAnswer, Store } from '../store/store.ts';
import type { Answer } from './answer.ts';
import { auditEntry } from './audit-entry.ts';
import type { FhirRequest } from './fhir-request.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import type { GuardedRoute } from './route.ts';

/** What is being answered: a key stands for one of these. */
interface Call {
  readonly call: string;
  readonly content: Buffer;
}

type AnswerOnce = (route: GuardedRoute, request: FhirRequest, call: string) => Promise<Answer>;

/** Tokens without a subject are told apart by themselves; an integrator's rights stand in its scopes, so these are part of who asks. */
function actorKey({ role, subject, tokenId, scopes }: Actor): string {
  return [role, subject ?? tokenId, ...scopes].join(' ');
}

/** Conditions change what a call does; other headers only how it is answered. White space and escapes in the body do not matter. */
function contentOf({ headers, body }: FhirRequest): Buffer {
  const asked = [headers['if-none-exist'] ?? '', headers['if-match'] ?? '', toJson(body ?? null)];
  return hash('sha256', asked.join('\n'), 'buffer');
}

function assertSame(first: Pick<KeptAnswer, 'call' | 'content'>, now: Call): void {
  if (first.call !== now.call) {
    throw businessRule(`This Idempotency-Key was used for another call: ${first.call.split('?')[0]}.`);
  }
  if (Buffer.compare(first.content, now.content) !== 0) {
    throw businessRule('This Idempotency-Key was used before with another body.');
  }
}

function stillRunning(): FhirError {
  const { status, issues } = conflict('The first call with this Idempotency-Key is still running.');
  return new FhirError(status, issues, { headers: { 'Retry-After': '1' } });
}

/** Giving out what is kept is a disclosure like the first one, and leaves its row. */
async function replay(store: Store, request: FhirRequest, kept: KeptAnswer): Promise<Answer> {
  const { type, id } = request;
  await store.record(
    auditEntry(request, {
      action: 'E',
      interaction: 'idempotent-replay',
      resourceType: type,
      ...(id !== '' && { id }),
    }),
  );
  return {
    status: kept.status,
    headers: { ...kept.headers, 'Idempotency-Replayed': 'true' },
    ...(kept.body !== undefined && { body: kept.body }),
  };
}

/**
 * The whole handling runs in one transaction that ends with the answer being kept, so that there is never an effect without
 * its answer. A refusal undoes both: it may be tried again with the same key. The function throws FhirError 400 for a key that
 * is none, 409 while the first call runs, 422 when the key stands for another call.
 */
export function answerOnceEach(): AnswerOnce {
  /** The transactions of one process run one after another; this tells a repetition so at once instead of letting it wait. */
  const running = new Map<string, Call>();

  return async (route, request, call) => {
    const { context } = request;
    const key = {
      actor: actorKey(context.actor),
      key: idempotencyKeyOf(String(request.headers['idempotency-key'])),
    };
    await route.once?.demand?.(request);
    const now: Call = { call, content: contentOf(request) };
    const place = JSON.stringify(key);
    const first = running.get(place);
    if (first !== undefined) {
      assertSame(first, now);
      throw stillRunning();
    }
    running.set(place, now);
    try {
      return await context.store.transaction(async (store) => {
        const kept = await store.keptAnswer(key);
        if (kept !== undefined) {
          assertSame(kept, now);
          return replay(store, request, kept);
        }
        const answer = await route.handle({ ...request, context: { ...context, store } });
        const { status, headers, body } = answer;
        await store.keepAnswer(key, { ...now, status, headers, ...(body !== undefined && { body }) });
        return answer;
      });
    } finally {
      running.delete(place);
    }
  };
}
