// Serves onnxruntime-web (WebAssembly, one thread) on standard input and output, a JSON object a line.
import readline from 'node:readline';
const ort = await import(process.argv[2]);
ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';
console.log = console.error;
const NAMES = {float32: Float32Array, float64: Float64Array, int64: BigInt64Array, uint64: BigUint64Array, int32: Int32Array, uint32: Uint32Array,
  int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array};
let session = null;

async function serve(request) {
  if (request.load) {
    if (session) await session.release();
    session = null;
    session = await ort.InferenceSession.create(request.load, {executionProviders: ['wasm'], logSeverityLevel: 4});
    return {};
  }
  const feeds = {};
  for (const [name, t] of Object.entries(request.run)) {
    const bytes = new Uint8Array(Buffer.from(t.data, 'base64')); // a copy: the buffer may begin anywhere in a larger one
    feeds[name] = new ort.Tensor(t.type, new NAMES[t.type](bytes.buffer), t.shape);
  }
  const outputs = {};
  for (const [name, t] of Object.entries(await session.run(feeds))) {
    outputs[name] = {type: t.type, shape: t.dims, data: Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString('base64')};
  }
  return {outputs};
}

for await (const line of readline.createInterface({input: process.stdin})) {
  let answer;
  try {
    answer = await serve(JSON.parse(line));
  } catch (e) {
    answer = {error: String(e && e.message || e)};
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
