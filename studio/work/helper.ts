// A worker that computes gradients for its share of a batch, or codes blocks of images.
import 'emerging-flows/worker';
