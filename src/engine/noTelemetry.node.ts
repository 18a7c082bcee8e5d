// ONNX Runtime's builds report usage to their maker unless this is set before the library loads. Ours never do.
process.env.ORT_DISABLE_TELEMETRY = '1';
