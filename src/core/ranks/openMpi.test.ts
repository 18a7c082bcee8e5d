// Errors for missing parts of the installation.
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.doUnmock('koffi');
  vi.resetModules();
});

const opening = async () => (await import('./openMpi.node.ts')).openMpi();

it('says in one line that koffi is missing', async () => {
  vi.doMock('koffi', () => {
    throw new Error("Cannot find package 'koffi'");
  });
  await expect(opening()).rejects.toThrow(
    /^MPI runs require the package koffi: run npm install koffi@[\d.]+$/,
  );
});

it('says in one line that Open MPI is missing, also if there is another MPI', async () => {
  vi.doMock('koffi', () => ({
    default: {
      load(name: string) {
        if (name !== 'libmpi.so') {
          throw new Error(`${name}: cannot open shared object file`);
        }
        return {
          symbol() {
            throw new Error('Cannot find symbol ompi_mpi_comm_world');
          },
        };
      },
    },
  }));
  await expect(opening()).rejects.toThrow(
    /^MPI runs require Open MPI's library, libmpi.so.40: run apt-get install openmpi-bin on every machine, or load your cluster's module for Open MPI$/,
  );
});
