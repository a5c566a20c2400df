"""A small office's router as its technician left it: the factory's configuration, a DHCP line, a port forward of the office's own."""

OFFICE = """\
/interface bridge
add admin-mac=48:A9:8A:0B:5C:21 auto-mac=no comment=defconf name=bridge
/interface list
add comment=defconf name=WAN
add comment=defconf name=LAN
/ip pool
add name=default-dhcp ranges=192.168.5.100-192.168.5.199
/ip dhcp-server
add address-pool=default-dhcp interface=bridge name=defconf
/interface bridge port
add bridge=bridge comment=defconf interface=ether3
add bridge=bridge comment=defconf interface=ether4
add bridge=bridge comment=defconf interface=ether5
/ip neighbor discovery-settings
set discover-interface-list=LAN
/interface list member
add comment=defconf interface=bridge list=LAN
add comment=defconf interface=ether1 list=WAN
/ip address
add address=192.168.5.1/24 comment=defconf interface=bridge network=192.168.5.0
add address=10.190.1.2/24 comment="TSLCD" interface=ether2 network=10.190.1.0
/ip dhcp-client
add comment=defconf interface=ether1
/ip dhcp-server network
add address=192.168.5.0/24 comment=defconf dns-server=192.168.5.1 gateway=192.168.5.1
/ip dns
set allow-remote-requests=yes servers=203.113.131.1
/ip dns static
add address=192.168.5.1 comment=defconf name=router.lan
/ip firewall filter
add action=accept chain=input comment="defconf: accept established,related,untracked" connection-state=established,related,untracked
add action=drop chain=input comment="defconf: drop invalid" connection-state=invalid
add action=accept chain=input comment="defconf: accept ICMP" protocol=icmp
add action=drop chain=input comment="defconf: drop all not coming from LAN" in-interface-list=!LAN
add action=accept chain=forward comment="defconf: accept in ipsec policy" ipsec-policy=in,ipsec
add action=accept chain=forward comment="defconf: accept out ipsec policy" ipsec-policy=out,ipsec
add action=fasttrack-connection chain=forward comment="defconf: fasttrack" connection-state=established,related{offload}
add action=accept chain=forward comment="defconf: accept established,related, untracked" connection-state=established,related,untracked
add action=drop chain=forward comment="defconf: drop invalid" connection-state=invalid
add action=drop chain=forward comment="defconf: drop all from WAN not DSTNATed" connection-nat-state=!dstnat connection-state=new in-interface-list=WAN
/ip firewall nat
add action=masquerade chain=srcnat comment="defconf: masquerade" ipsec-policy=out,none out-interface-list=WAN
add action=dst-nat chain=dstnat comment="m\\E1\\BB\\99t c\\E1\\BB\\ADa web" dst-port=8080 in-interface=ether1 protocol=tcp to-addresses=192.168.5.20 to-ports=80
/ip route
add {route}
/system clock
set time-zone-autodetect=no time-zone-name=Asia/Ho_Chi_Minh
/system identity
set name=VP-LangGiang
/tool mac-server
set allowed-interface-list=LAN
/tool mac-server mac-winbox
set allowed-interface-list=LAN
"""
ROUTES = {
    "routeros7": "comment=TSLCD disabled=no distance=1 dst-address=10.190.0.0/16 gateway=10.190.1.1 routing-table=main",
    "routeros6": "comment=TSLCD distance=1 dst-address=10.190.0.0/16 gateway=10.190.1.1",
}
OFFICES = {
    kind: OFFICE.replace("{offload}", " hw-offload=yes" if kind == "routeros7" else "").replace("{route}", route)
    for kind, route in ROUTES.items()
}
