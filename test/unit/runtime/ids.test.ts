// Ids that carry their time: https://www.rfc-editor.org/rfc/rfc9562#section-5.7
import { timeOrderedIds } from '../../../src/runtime/ids.ts';

describe('time-ordered ids', () => {
  it('are UUIDs of version 7 that hold the millisecond in which they were made', () => {
    let nowMs = Date.UTC(2026, 10, 20, 9);
    const newId = timeOrderedIds({ now: () => new Date(nowMs) });
    for (const ms of [nowMs, nowMs, nowMs + 1, 0, 2 ** 48 - 1]) {
      nowMs = Math.min(ms, 8.64e15);
      const id = newId();
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(nowMs);
    }
  });

  it('sort by time as text', () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const newId = timeOrderedIds({ now: () => new Date(nowMs) });
    const ids = Array.from({ length: 50 }, () => {
      nowMs += 1;
      return newId();
    });
    expect(ids.toSorted()).toEqual(ids);
  });

  it('do not repeat within a millisecond, and every random bit is used', () => {
    const newId = timeOrderedIds({ now: () => new Date(0) });
    const ids = Array.from({ length: 20_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const place of [15, 16, 17, 20, 21, 22, 24, 29, 35]) {
      expect(new Set(ids.map((id) => id.charAt(place))).size).toBe(16);
    }
    expect(new Set(ids.map((id) => id.charAt(19))).size).toBe(4);
  });
});
