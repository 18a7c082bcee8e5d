// Public to other folders: compiling, arrays, memory; devices that exist; graphs as ONNX files.

export { type Precision, precisions } from '../tensor.ts';
export { type AnyArray, DeviceArray, type NamedArrays, onHost, type ProgramArrays } from './arrays.ts';
export { DeviceMemory, holdsArrays } from './deviceMemory.ts';
export {
  addressableOn,
  type Device,
  type DeviceChoice,
  defaultDevice,
  deviceRecord,
  devices,
  indexedDevices,
  isHost,
  mostArrayBytes,
  onCpu,
  parseDevice,
  reproducibleDevice,
  showDevice,
} from './devices/device.ts';
export { exportOnnx } from './exportOnnx.ts';
export { inPlace, peakElements } from './graph/memory.ts';
export { prepare } from './graph/prepare.ts';
export { compileLoop, Loop } from './loop.ts';
export { type CompileOptions, compile, compilePrepared, evaluate, Program, requirePlace } from './program.ts';
export { type Keep, releaseAfter, releaseInTurn, releaseOnFailure } from './resources.ts';
export { runtimeSha256, usedDevice } from './runtime.node.ts';
