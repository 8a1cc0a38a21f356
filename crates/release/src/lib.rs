//! What maintainers do: release, approve, promote, roll back, publish policy, review.
