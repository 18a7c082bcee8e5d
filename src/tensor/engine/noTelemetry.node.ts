// ONNX Runtime's builds send usage data to their vendor unless this is set before the library loads. Ours
// never do.
process.env.ORT_DISABLE_TELEMETRY = '1';
