# Stands in for a model: one line of JSON in, one line of JSON out.
while IFS= read -r request; do
  case $request in
    *password*) severity=medium cause='The reset email is not delivered, or its link has expired.'
      step='Look up the address in the mail log and send a new link.' ;;
    *) severity=high cause='The deploy exhausts the database connection pool.'
      step='Roll back the deploy, then compare pool settings.' ;;
  esac
  answer="{\\\"severity\\\": \\\"$severity\\\", \\\"probable_root_cause\\\": \\\"$cause\\\", \\\"recommended_next_step\\\": \\\"$step\\\"}"
  printf '{"output": "%s", "usage": {"input": 140, "output": 40}}\n' "$answer"
done
