// Files that a long job writes bit by bit: each bit durable before the job says so, what a crash left half-written cut off again.
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Whoever writes a job's files: the last that took it up. */
export interface FileWriter {
  readonly job: string;
  readonly claim: number;
}

/** Another one has taken the job up, or it was removed: nothing was written. */
export class HoldLost extends Error {
  constructor() {
    super('The job is carried out by somebody else now, or it was removed.');
    this.name = 'HoldLost';
  }
}

/** `job` and `file` are names that the service made itself, of letters and digits alone. */
export interface JobFiles {
  /**
   * Cuts the unfinished file to its first `fromBytes`, adds the text and resolves with its size when that is durable. Throws HoldLost
   * where several processes may write, and another one does now.
   */
  append(writer: FileWriter, file: string, fromBytes: number, text: string): Promise<number>;
  /** Makes these files readable and removes whatever else the job left. May be repeated. Throws HoldLost like `append`. */
  seal(writer: FileWriter, files: readonly string[]): Promise<void>;
  /** A sealed file. */
  read(job: string, file: string): Readable;
  remove(job: string): Promise<void>;
  /** The jobs that have files. */
  jobs(): Promise<readonly string[]>;
  /** Removes everything. */
  removeAll(): Promise<void>;
}

const ownName = /^[0-9a-z]{1,64}$/;

/** Returns the name of a job or a file when the service can have given it; throws otherwise. */
export function checkedName(name: string): string {
  if (!ownName.test(name)) {
    throw new Error('A job file is named by the service, in lower-case letters and digits.');
  }
  return name;
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}

/** A rename is durable when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * Files in a folder of one process: nobody else writes there. The folder is made when the first file is; only this user may look into
 * it.
 */
export function jobFiles(folder: string): JobFiles {
  const folderOf = (job: string) => join(folder, checkedName(job));
  const finished = (job: string, file: string) => join(folderOf(job), `${checkedName(file)}.ndjson`);
  const unfinished = (job: string, file: string) => `${finished(job, file)}.part`;

  return {
    async append({ job }, file, fromBytes, text) {
      await mkdir(folderOf(job), { recursive: true, mode: 0o700 });
      // "a+" makes the file when there is none; writing in append mode goes to its end, which the cut has set.
      const handle = await open(unfinished(job, file), 'a+', 0o600);
      try {
        await handle.truncate(fromBytes);
        await handle.appendFile(text);
        await handle.datasync();
        return (await handle.stat()).size;
      } finally {
        await handle.close();
      }
    },

    async seal({ job }, files) {
      const present = new Set(await namesIn(folderOf(job)));
      for (const file of files) {
        if (present.delete(`${checkedName(file)}.ndjson.part`)) {
          await rename(unfinished(job, file), finished(job, file));
        }
        present.delete(`${file}.ndjson`);
      }
      for (const stray of present) await rm(join(folderOf(job), stray));
      if (files.length > 0) await syncFolder(folderOf(job));
    },

    read: (job, file) => createReadStream(finished(job, file)),
    remove: (job) => rm(folderOf(job), { recursive: true, force: true }),
    jobs: async () => (await namesIn(folder)).filter((name) => ownName.test(name)),
    removeAll: () => rm(folder, { recursive: true, force: true }),
  };
}
