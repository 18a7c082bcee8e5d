// A worker that computes gradients for its share of a batch.
import 'emerging-flows/worker';
