//! Finds a network by the Name tags of its VPC and subnets, so that synthesis needs no AWS.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Session;
use super::outcome::{Ending, Outcome};
use super::run::{Patience, Run};
use super::services::{Subnet, SubnetFilter, Vpc};
use super::stopping::Stop;

/// What is looked for. In names, `*` stands for any characters and `?` for one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LookupRequest {
    /// The stack's name.
    pub stack: String,
    /// The VPC's name.
    pub vpc_name: String,
    /// Names of the load balancer's subnets.
    pub public_subnet_names: Vec<String>,
    /// Names of the subnets of tasks, database and cache.
    pub private_subnet_names: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundNetwork {
    /// The VPC.
    pub vpc_id: String,
    /// Its address range.
    pub vpc_cidr: String,
    /// Subnets of the load balancer, in the order of their zones.
    pub public_subnet_ids: Vec<String>,
    /// Subnets of tasks, database and cache, in the order of their zones.
    pub private_subnet_ids: Vec<String>,
}

/// Looks a network up.
///
/// # Errors
/// A name fits nothing or several VPCs, or subnets don't serve; what was seen is listed.
pub async fn lookup(session: Session<'_>, request: &LookupRequest) -> Result<FoundNetwork, Box<Outcome>> {
    let mut run = Run::begin(session, "lookup", &request.stack, None);
    let result = run.lookup(request).await;
    run.reported(result).await
}

impl Run<'_> {
    async fn lookup(&mut self, request: &LookupRequest) -> Result<FoundNetwork, Stop> {
        let services = self.services();
        let found = self.call(Patience::Short, || services.vpcs(&request.vpc_name)).await?;
        let vpc = match found.as_slice() {
            [vpc] => vpc,
            [] => {
                let all = self.call(Patience::Short, || services.vpcs("*")).await?;
                return refuse(
                    format!("no VPC in {} is named `{}`", services.region(), request.vpc_name),
                    all.iter().map(vpc_words),
                    "VPCs",
                );
            }
            several => {
                return refuse(
                    format!("{} VPCs are named `{}`", several.len(), request.vpc_name),
                    several.iter().map(vpc_words),
                    "VPCs",
                );
            }
        };
        let of_vpc = SubnetFilter::Vpc(&vpc.id);
        let subnets = self.call(Patience::Short, || services.subnets(of_vpc)).await?;
        for name in request.public_subnet_names.iter().chain(&request.private_subnet_names) {
            self.refuse_if_elsewhere(name, &subnets, vpc).await?;
        }
        let public_subnet_ids = choose(&subnets, &request.public_subnet_names, "load balancer's", vpc)?;
        let private_subnet_ids = choose(&subnets, &request.private_subnet_names, "tasks'", vpc)?;
        let both: Vec<&String> =
            public_subnet_ids.iter().filter(|id| private_subnet_ids.contains(id)).collect();
        if !both.is_empty() && request.public_subnet_names != request.private_subnet_names {
            self.warn(format!("the load balancer and the tasks share subnets: {both:?}"));
        }
        Ok(FoundNetwork {
            vpc_id: vpc.id.clone(),
            vpc_cidr: vpc.cidr.clone(),
            public_subnet_ids,
            private_subnet_ids,
        })
    }

    /// A name that no subnet of the VPC has, but one of another VPC: the likeliest mistake is the VPC. Networks that are copies of
    /// each other have the same names, so a name that is found in both is no mistake.
    async fn refuse_if_elsewhere(&mut self, name: &str, subnets: &[Subnet], vpc: &Vpc) -> Result<(), Stop> {
        if named(subnets, name).next().is_some() {
            return Ok(());
        }
        let services = self.services();
        let elsewhere = self.call(Patience::Short, || services.subnets(SubnetFilter::Named(name))).await?;
        if elsewhere.is_empty() {
            return Ok(());
        }
        refuse(
            format!("no subnet of the VPC {} is named `{name}`, but one of another VPC is", vpc.id),
            elsewhere.iter().map(|subnet| format!("{} in {}", subnet_words(subnet), subnet.vpc_id)),
            "subnets",
        )
    }
}

/// The subnets that names fit, in at least two zones.
fn choose(subnets: &[Subnet], names: &[String], whose: &str, vpc: &Vpc) -> Result<Vec<String>, Stop> {
    let mut chosen: Vec<&Subnet> = Vec::new();
    for name in names {
        let fitting: Vec<&Subnet> = named(subnets, name).collect();
        if fitting.is_empty() {
            return refuse(
                format!("no subnet of the VPC {} is named `{name}`", vpc.id),
                subnets.iter().map(subnet_words),
                "subnets",
            );
        }
        if fitting.len() > 1 && !name.contains(['*', '?']) {
            return refuse(
                format!("{} subnets of the VPC {} are named `{name}`", fitting.len(), vpc.id),
                fitting.into_iter().map(subnet_words),
                "subnets",
            );
        }
        chosen.extend(fitting);
    }
    chosen
        .sort_by(|one, other| (&one.availability_zone, &one.id).cmp(&(&other.availability_zone, &other.id)));
    chosen.dedup_by(|one, other| one.id == other.id);
    let zones: BTreeSet<&str> = chosen.iter().map(|subnet| subnet.availability_zone.as_str()).collect();
    if zones.len() == 1 {
        return refuse(
            format!("the {whose} subnets are all in one zone; two are needed"),
            chosen.into_iter().map(subnet_words),
            "subnets",
        );
    }
    Ok(chosen.into_iter().map(|subnet| subnet.id.clone()).collect())
}

/// The subnets that a name fits.
fn named<'s>(subnets: &'s [Subnet], name: &'s str) -> impl Iterator<Item = &'s Subnet> {
    subnets.iter().filter(move |subnet| subnet.name.as_deref().is_some_and(|given| fits(name, given)))
}

/// Whether a name fits a pattern with `*` and `?`, as EC2's filters have them.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut in_name) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => match &mut star {
                // The last star takes one more.
                Some((star_at, taken)) => {
                    *taken += 1;
                    in_name = *taken;
                    at = *star_at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|character| *character == '*')
}

fn vpc_words(vpc: &Vpc) -> String {
    format!("{} {} ({})", vpc.id, vpc.name.as_deref().unwrap_or("without name"), vpc.cidr)
}

fn subnet_words(subnet: &Subnet) -> String {
    let name = subnet.name.as_deref().unwrap_or("without name");
    format!("{} {name} ({}, {})", subnet.id, subnet.availability_zone, subnet.cidr)
}

fn refuse<T>(message: String, seen: impl Iterator<Item = String>, what: &str) -> Result<T, Stop> {
    let seen: Vec<String> = seen.collect();
    let mut outcome = Outcome::new(Ending::Failed, message);
    if seen.is_empty() {
        outcome = outcome.next(format!(
            "no {what} here have a Name tag: give one, or name the ids under `network.existing`"
        ));
    } else {
        outcome.next = seen.into_iter().map(|line| format!("seen: {line}")).collect();
    }
    Err(outcome.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_patterns_as_in_filters() {
        for (pattern, name, expected) in [
            ("dify-vpc", "dify-vpc", true),
            ("dify-vpc", "dify-vpc2", false),
            ("*private*", "dify-private-a", true),
            ("dify-?", "dify-a", true),
            ("dify-?", "dify-", false),
            ("*-a", "x-a-a", true),
            ("*-a", "x-a-b", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    fn subnet(id: &str, name: &str, zone: &str) -> Subnet {
        Subnet {
            id: id.into(),
            name: Some(name.into()),
            vpc_id: "vpc-1".into(),
            availability_zone: zone.into(),
            cidr: "10.0.0.0/24".into(),
        }
    }

    #[test]
    fn subnets_are_chosen_by_name_and_told_where_they_do_not_serve() {
        let vpc = Vpc { id: "vpc-1".into(), ..Vpc::default() };
        let subnets = [
            subnet("s-2", "private-b", "b"),
            subnet("s-1", "private-a", "a"),
            subnet("s-3", "public-a", "a"),
        ];
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let choose = |wanted: &[&str]| choose(&subnets, &names(wanted), "tasks'", &vpc);
        assert_eq!(choose(&["private-*"]).unwrap(), ["s-1", "s-2"]);
        assert_eq!(choose(&["private-b", "private-a"]).unwrap(), ["s-1", "s-2"]);
        for (wanted, text) in
            [(&["nothing"][..], "no subnet"), (&["private-a", "public-a"][..], "all in one zone")]
        {
            let Err(Stop::Ended(outcome)) = choose(wanted) else { panic!("{wanted:?}") };
            assert!(outcome.message.contains(text), "{outcome:?}");
            assert!(outcome.next.iter().any(|line| line.contains("s-1")), "{outcome:?}");
        }
    }
}
