// Draws digits from models/mnist-small.
import { configureRuntime, loadModel } from 'emerging-flows';
import { contactSheet } from 'emerging-flows/pictures';

const byId = (id) => document.getElementById(id);
const say = (text) => {
  byId('state').textContent = text;
};

async function draw(model, seed) {
  byId('draw').disabled = true;
  say('drawing');
  try {
    const begin = performance.now();
    const temperature = Number(byId('temperature').value);
    // At temperature 1, one image in a few hundred overflows: it is black.
    const pixels = await model.sample({ count: 64, temperature, seed, onOverflow() {} });
    const png = contactSheet(pixels, { imageShape: model.imageShape });
    URL.revokeObjectURL(byId('sheet').src);
    byId('sheet').src = URL.createObjectURL(new Blob([png], { type: 'image/png' }));
    byId('sheet').hidden = false;
    say(`64 digits in ${((performance.now() - begin) / 1000).toFixed(2)} s`);
  } finally {
    byId('draw').disabled = false;
  }
}

try {
  configureRuntime({ wasm: '/ort-wasm-simd-threaded.wasm' });
  const model = await loadModel('/mnist', {
    onProgress: (bytes, total) => say(`loading the model: ${Math.round((100 * bytes) / (total ?? bytes))} %`),
  });
  let seed = 0;
  byId('temperature').oninput = ({ target }) => {
    byId('shown').textContent = target.value;
  };
  byId('draw').onclick = () => draw(model, seed++).catch((error) => say(error.message));
  await draw(model, seed++);
} catch (error) {
  say(error.message);
}
