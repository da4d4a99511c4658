//! That a node was granted what it wants, whoever made the plan.

use remotemedia_manifest::{Grant, Node, RuntimeKind};

use crate::failure::Failure;

/// `RM507` for the first thing that a node wants and was not given; `RM701` for a plan with a grant that is none.
pub(crate) fn check(node: &Node, kind: RuntimeKind, given: &[String]) -> Result<(), Failure> {
    let given = given.iter().map(|it| read(it)).collect::<Result<Vec<_>, _>>()?;
    let own = match kind {
        RuntimeKind::Python => Some(Grant::Python),
        RuntimeKind::Program => Some(Grant::Program),
        _ => None,
    };
    let wanted = node.grants.iter().map(|it| read(it)).collect::<Result<Vec<_>, _>>()?;
    for wanted in wanted.iter().chain(&own) {
        // Native code of a package is out of every sandbox's reach, so it needs a process without one as well.
        let needs = [Some(wanted), (*wanted == Grant::Native).then_some(&Grant::Host)];
        if let Some(missing) = needs.into_iter().flatten().find(|it| !given.iter().any(|own| own.covers(it))) {
            let message = format!("node `{}` wants the grant `{missing}`, which it was not given", node.id);
            let hint = format!("if you agree, add `--allow {}:{missing}`", node.id);
            return Err(Failure::new("RM507", message).with_hint(hint));
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<Grant, Failure> {
    text.parse().map_err(|()| Failure::new("RM701", format!("expected grants in the plan, got `{text}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(wanted: &[&str], kind: RuntimeKind, given: &[&str]) -> Option<String> {
        let grants = wanted.iter().map(ToString::to_string).collect();
        let node = Node { id: "n".into(), grants, ..Node::default() };
        let given: Vec<_> = given.iter().map(ToString::to_string).collect();
        check(&node, kind, &given).err().map(|it| it.to_string())
    }

    #[test]
    fn what_is_wanted_must_be_covered() {
        assert_eq!(refused(&[], RuntimeKind::PythonWasm, &[]), None);
        assert_eq!(refused(&["read=/a/b"], RuntimeKind::Native, &["read=/a"]), None);
        let missing = refused(&["read=/a"], RuntimeKind::Native, &["read=/a/b", "python"]).expect("a refusal");
        assert!(missing.contains("RM507") && missing.contains("--allow n:read=/a"), "{missing}");
    }

    #[test]
    fn host_python_needs_a_grant_of_its_own() {
        assert!(refused(&[], RuntimeKind::Python, &["read=/"]).is_some());
        assert_eq!(refused(&[], RuntimeKind::Python, &["python"]), None);
        assert_eq!(refused(&[], RuntimeKind::Python, &["host"]), None);
    }

    #[test]
    fn a_program_needs_a_grant_of_its_own() {
        for given in [&[][..], &["host"], &["python"], &["native"]] {
            let missing = refused(&[], RuntimeKind::Program, given).expect("a refusal");
            assert!(missing.contains("--allow n:program"), "{missing}");
        }
        assert_eq!(refused(&[], RuntimeKind::Program, &["program"]), None);
    }

    #[test]
    fn native_code_is_refused_in_a_sandbox() {
        assert!(refused(&["native"], RuntimeKind::Native, &["native"]).is_some());
        assert!(refused(&["native"], RuntimeKind::Native, &["host"]).is_some());
        assert_eq!(refused(&["native"], RuntimeKind::Native, &["native", "host"]), None);
    }

    #[test]
    fn a_plan_with_what_is_no_grant_is_refused() {
        assert!(refused(&[], RuntimeKind::Native, &["everything"]).expect("a refusal").contains("RM701"));
    }
}
