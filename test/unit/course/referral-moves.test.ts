// The state table of a referral, pair by pair.
import {
  allowedMoves,
  asksForReason,
  isFinal,
  mayMove,
  meaningsOf,
  sidesThatMayMean,
  sidesThatMayMoveTo,
  type TaskStatus,
} from '../../../src/course/referral/referral-moves.ts';

const statuses: readonly TaskStatus[] = [
  'draft',
  'requested',
  'received',
  'accepted',
  'rejected',
  'ready',
  'cancelled',
  'in-progress',
  'on-hold',
  'failed',
  'completed',
  'entered-in-error',
];

/** Written out once more, so that a slip in the table is seen. */
const legal = [
  'draft>requested',
  'requested>received',
  'requested>accepted',
  'requested>rejected',
  'requested>cancelled',
  'received>accepted',
  'received>rejected',
  'received>cancelled',
  'accepted>in-progress',
  'accepted>cancelled',
  'accepted>on-hold',
  'in-progress>on-hold',
  'in-progress>completed',
  'in-progress>failed',
  'on-hold>in-progress',
  ...statuses.filter((from) => from !== 'entered-in-error').map((from) => `${from}>entered-in-error`),
];

describe('the moves of a referral', () => {
  it('are exactly the legal ones among all pairs', () => {
    const found = statuses.flatMap((from) =>
      statuses.filter((to) => mayMove(from, to)).map((to) => `${from}>${to}`),
    );
    expect(found.toSorted()).toEqual(legal.toSorted());
  });

  it('end in completed, failed, rejected and cancelled: after them there is only that it was wrong', () => {
    for (const status of ['completed', 'failed', 'rejected', 'cancelled'] as const) {
      expect([status, isFinal(status), allowedMoves(status)]).toEqual([status, true, ['entered-in-error']]);
    }
    expect(allowedMoves('entered-in-error')).toEqual([]);
  });

  it('lead only to statuses that have a meaning and somebody who may move there', () => {
    for (const to of new Set(statuses.flatMap(allowedMoves))) {
      const means = to === 'entered-in-error' || meaningsOf(to).length > 0;
      expect([to, means, sidesThatMayMoveTo(to).length > 0]).toEqual([to, true, true]);
    }
  });

  it('ask for a reason whenever support stops or the referral was wrong, and for none when it goes on', () => {
    expect(statuses.filter(asksForReason)).toEqual([
      'rejected',
      'cancelled',
      'on-hold',
      'failed',
      'entered-in-error',
    ]);
  });

  it.each([
    ['requested', ['requester']],
    ['received', ['performer']],
    ['accepted', ['performer']],
    ['rejected', ['performer']],
    ['in-progress', ['performer']],
    ['on-hold', ['performer', 'patient']],
    ['completed', ['performer']],
    ['failed', ['performer']],
    ['cancelled', ['requester', 'patient']],
    ['entered-in-error', ['requester', 'performer']],
  ] as const)('to %s are made by %s', (to, sides) => {
    expect(sidesThatMayMoveTo(to)).toEqual(sides);
  });

  it('let the one who was asked go too, when that was asked for', () => {
    expect(sidesThatMayMoveTo('cancelled', 'cancel-requested')).toEqual([
      'requester',
      'patient',
      'performer',
    ]);
    expect(sidesThatMayMoveTo('rejected', 'cancel-requested')).toEqual(['performer']);
  });
});

describe('the finer meanings of a referral', () => {
  it('belong to the statuses of the table', () => {
    expect(Object.fromEntries(statuses.map((status) => [status, meaningsOf(status)]))).toEqual({
      draft: [],
      requested: ['created', 'cancel-requested'],
      received: ['received', 'info-requested', 'cancel-requested'],
      accepted: ['accepted', 'scheduled', 'unattended', 'event-cancelled', 'cancel-requested'],
      rejected: ['declined'],
      ready: [],
      cancelled: ['cancelled'],
      'in-progress': ['course-started', 'unattended', 'event-cancelled'],
      'on-hold': ['paused'],
      failed: ['ended-early'],
      completed: ['completed', 'ended-early'],
      'entered-in-error': [],
    });
  });

  it('are said by the side that knows, and a question is never typed', () => {
    expect(sidesThatMayMean('scheduled')).toEqual(['performer']);
    expect(sidesThatMayMean('cancel-requested')).toEqual(['requester', 'patient']);
    expect(sidesThatMayMean('info-requested')).toEqual([]);
  });
});
