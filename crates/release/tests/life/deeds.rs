//! What people do at their desks, a line each: release, promote, hold, hire, sign, lose a key.

use ledger::record::{PointerAction, Reason};
use release::Moved;

use crate::desks::Office;
use crate::{env, id, version};

impl Office {
    /// A company with a remote, whose policy is published and whose 1.0.0 is live in dev.
    pub(crate) fn in_dev() -> Self {
        let office = Self::with_remote();
        office.publish_policy();
        office.release();
        office.promote("1.0.0", "dev");
        office
    }

    /// The same, where it went on to prod.
    pub(crate) fn in_prod() -> Self {
        let office = Self::in_dev();
        office.promote("1.0.0", "staging");
        office.promote("1.0.0", "prod");
        office
    }

    pub(crate) fn release(&self) {
        release::release(&self.desk("r"), &[id()], None, None).unwrap();
    }

    pub(crate) fn promote(&self, of: &str, to: &str) -> Moved {
        release::promote(&self.desk("r"), &[(id(), version(of))], &env(to), None).unwrap().remove(0)
    }

    pub(crate) fn through_to_prod(&self, of: &str) {
        for to in ["dev", "staging", "prod"] {
            let moved = self.promote(of, to);
            assert!(moved.written.is_some(), "{moved:?}");
        }
    }

    pub(crate) fn hold(&self, folder: &str, environment: &str, why: &str) -> release::Result<Moved> {
        let reason = Reason::new(why).unwrap();
        release::turn(&self.desk(folder), PointerAction::Hold, &id(), &env(environment), None, &reason)
    }

    /// Writes `name` with a key and `roles` into the policies of `r`.
    pub(crate) fn hire(&self, name: &str, roles: &str) {
        self.new_key(name);
        let key = self.read(&format!("home/{name}.pub"));
        let people = self.read("r/policies/principals.yaml");
        let who = format!("\n  - name: {name}@example.com\n    keys: [{{ ssh: \"{}\" }}]\n", key.trim());
        self.write("r/policies/principals.yaml", &format!("{people}{who}    roles: {{ {roles} }}\n"));
        self.commit("r", &format!("{name} joins"));
    }

    /// Writes into the policies of `r` that the key of `name` is revoked.
    pub(crate) fn revoke(&self, name: &str) {
        let key = self.read(&format!("home/{name}.pub")).split(' ').nth(1).unwrap().to_owned();
        let people = self.read("r/policies/principals.yaml");
        let people = people.replacen(&key, &format!("{key}\n        state: revoked"), 1);
        self.write("r/policies/principals.yaml", &people);
        self.commit("r", &format!("the key of {name} is gone"));
    }

    /// The key of `name` signs in `folder` from now on.
    pub(crate) fn sign_with(&self, folder: &str, name: &str) {
        let key = self.path(&format!("home/{name}.pub")).display().to_string();
        self.git(folder, &["config", "user.signingKey", &key]);
    }
}
