import { isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';

/** NOT_FOUND of gRPC. */
const NOT_FOUND = 5;

/** Whether Temporal knows no such execution. Through a handle or straight from the service that looks different. */
export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}
