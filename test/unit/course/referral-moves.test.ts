// The state table of a referral, pair by pair.
import {
  allowedMoves,
  isFinal,
  mayMove,
  meaningsOf,
  sidesThatMayMoveTo,
  type TaskStatus,
} from '../../../src/course/referral-moves.ts';

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
];

describe('the moves of a referral', () => {
  it('are exactly the legal ones among all pairs', () => {
    const found = statuses.flatMap((from) =>
      statuses.filter((to) => mayMove(from, to)).map((to) => `${from}>${to}`),
    );
    expect(found.toSorted()).toEqual(legal.toSorted());
  });

  it('end in completed, failed, rejected and cancelled', () => {
    for (const status of ['completed', 'failed', 'rejected', 'cancelled'] as const) {
      expect([status, isFinal(status), allowedMoves(status)]).toEqual([status, true, []]);
    }
  });

  it('lead only to statuses that have a meaning and somebody who may move there', () => {
    for (const to of new Set(statuses.flatMap(allowedMoves))) {
      expect([to, meaningsOf(to).length > 0, sidesThatMayMoveTo(to).length > 0]).toEqual([to, true, true]);
    }
  });
});
