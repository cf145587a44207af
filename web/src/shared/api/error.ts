import type { Problem } from './contract';

/** What the server refused, or that it could not be reached; fields keep their own messages. */
export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'ApiError';
  }

  get status() {
    return this.problem.status;
  }

  get code() {
    return this.problem.code;
  }

  /** The messages about one field, by its path in the request. */
  about(path: string) {
    return (this.problem.errors ?? []).filter((error) => error.path === path);
  }
}

export async function errorOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('x-request-id') ?? undefined;
  try {
    const problem = (await response.json()) as Problem;
    if (problem && typeof problem.code === 'string') {
      return new ApiError({ ...problem, status: problem.status ?? response.status, request_id: problem.request_id ?? requestId });
    }
  } catch {
    // The body was no problem document; the status has to do.
  }
  return new ApiError({ title: response.statusText || `HTTP ${response.status}`, status: response.status, code: `http_${response.status}`, request_id: requestId });
}
