// Where a PostgreSQL that is only for a while keeps its files: in memory, when nothing in it has to outlive a power cut and there is room.
// The suites make hundreds of databases, and a disk takes up to ten times as long for one, and keeps other tests waiting meanwhile.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The file system in memory that every Linux has. */
const inMemory = '/dev/shm';

/** What a suite may take of it at once, several times over. */
const roomBytes = 6 * 1024 ** 3;

const prefix = 'alongside-postgres-';

function hasRoom(): boolean {
  if (!existsSync(inMemory)) return false;
  const { bavail, bsize } = statfsSync(inMemory);
  return bavail * bsize > roomBytes && freemem() > roomBytes;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Memory is not given back by itself: what a process left that was killed goes before the next is made. */
function removeLeftBehind(): void {
  for (const name of readdirSync(inMemory)) {
    const maker = name.startsWith(prefix) ? Number(name.slice(prefix.length).split('-')[0]) : Number.NaN;
    if (Number.isInteger(maker) && !isRunning(maker)) {
      rmSync(join(inMemory, name), { recursive: true, force: true });
    }
  }
}

/** A new folder of this process. `isVolatile`: nothing in it has to outlive the machine. */
export function newServerFolder(isVolatile: boolean): string {
  const place = isVolatile && hasRoom() ? inMemory : tmpdir();
  if (place === inMemory) removeLeftBehind();
  return mkdtempSync(join(place, `${prefix}${process.pid}-`));
}

/** The folder that a caller names, to keep. */
export function keptServerFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
