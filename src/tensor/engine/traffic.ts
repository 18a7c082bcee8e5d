// What crosses between the host and a device, counted where arrays are handed to the runtime.

/** Counts of what has crossed between the host and a device. */
export interface Traffic {
  /** Runs of programs. */
  runs: number;
  /** Runs whose results the host waited for. */
  waits: number;
  /** Arrays from the host to the device. */
  arraysUp: number;
  /** Their bytes. */
  bytesUp: number;
  /** Arrays from the device to the host. */
  arraysDown: number;
  /** Their bytes. */
  bytesDown: number;
}

/** The counts since earlier ones. */
export function trafficSince(earlier: Traffic, now: Traffic): Traffic {
  return {
    runs: now.runs - earlier.runs,
    waits: now.waits - earlier.waits,
    arraysUp: now.arraysUp - earlier.arraysUp,
    bytesUp: now.bytesUp - earlier.bytesUp,
    arraysDown: now.arraysDown - earlier.arraysDown,
    bytesDown: now.bytesDown - earlier.bytesDown,
  };
}

/** Counts that start at zero. */
export function newTraffic(): Traffic {
  return { runs: 0, waits: 0, arraysUp: 0, bytesUp: 0, arraysDown: 0, bytesDown: 0 };
}
