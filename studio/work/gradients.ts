// The worker that computes gradients of its share of a batch.
import 'emerging-flows/worker';
