"""The documents of Hikvision devices as the wire shows them: namespaces, ids, order and elements are theirs."""

V20 = "http://www.hikvision.com/ver20/XMLSchema"
V10 = "http://www.hikvision.com/ver10/XMLSchema"
ISAPI = "http://www.isapi.org/ver20/XMLSchema"
PSIA = "urn:psialliance-org"
RIGHTS = ("record", "playBack", "preview", "ptzControl", "upgrade", "parameterConfig", "restartOrShutdown", "logOrStateCheck", "voiceTalk")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def stream(number, codec, width, height, fps, kbps, mode, gop, auth, namespace=V20):
    """A StreamingChannel."""
    security = (
        f"<Security><enabled>true</enabled><certificateType>{auth}</certificateType><SecurityAlgorithm><algorithmType>MD5</algorithmType></SecurityAlgorithm></Security>"
        if auth
        else ""
    )
    return f"""<StreamingChannel version="2.0" xmlns="{namespace}"><id>{number}</id><channelName>Camera 01</channelName><enabled>true</enabled>
<Transport><maxPacketSize>1000</maxPacketSize><ControlProtocolList><ControlProtocol><streamingTransport>RTSP</streamingTransport></ControlProtocol></ControlProtocolList>
<Unicast><enabled>true</enabled><rtpTransportType>RTP/TCP</rtpTransportType></Unicast><Multicast><enabled>false</enabled></Multicast>{security}</Transport>
<Video><enabled>true</enabled><videoInputChannelID>1</videoInputChannelID><videoCodecType>{codec}</videoCodecType><videoScanType>progressive</videoScanType>
<videoResolutionWidth>{width}</videoResolutionWidth><videoResolutionHeight>{height}</videoResolutionHeight>
<videoQualityControlType>{mode}</videoQualityControlType><constantBitRate>{kbps}</constantBitRate><fixedQuality>60</fixedQuality>
<vbrUpperCap>{kbps}</vbrUpperCap><vbrLowerCap>32</vbrLowerCap><maxFrameRate>{fps * 100}</maxFrameRate><keyFrameInterval>{gop * 1000 // fps}</keyFrameInterval>
<snapShotImageType>JPEG</snapShotImageType><H264Profile>Main</H264Profile><GovLength>{gop}</GovLength><SVC><enabled>false</enabled></SVC>
<PacketType>PS</PacketType><PacketType>RTP</PacketType><smoothing>50</smoothing><H265Profile>Main</H265Profile><SmartCodec><enabled>false</enabled></SmartCodec></Video>
<Audio><enabled>true</enabled><audioInputChannelID>1</audioInputChannelID><audioCompressionType>G.711ulaw</audioCompressionType></Audio></StreamingChannel>"""


def capabilities(number, codecs, sizes, kbps, namespace=V20):
    """What a stream can be: every element with its choices; firmware 5.2 writes whole sizes where later firmware writes one side."""
    old = namespace == V10
    wide, high = ([f"{width}*{height}" for width, height in sizes] if old else [str(size[side]) for size in sizes] for side in (0, 1))
    rates = ",".join(str(fps * 100) for fps in (25, 22, 20, 18, 16, 15, 12, 10, 8, 6, 4, 2, 1))
    return f"""<StreamingChannel version="2.0" xmlns="{namespace}"><id opt="{number}">{number}</id><enabled opt="true">true</enabled>
<Video><enabled opt="true,false">true</enabled><videoCodecType opt="{",".join(codecs)}">{codecs[0]}</videoCodecType><videoScanType opt="progressive">progressive</videoScanType>
<videoResolutionWidth opt="{",".join(wide)}">{sizes[0][0]}</videoResolutionWidth><videoResolutionHeight opt="{",".join(high)}">{sizes[0][1]}</videoResolutionHeight>
<videoQualityControlType opt="CBR,VBR">VBR</videoQualityControlType><constantBitRate min="{kbps.start}" max="{kbps.stop - 1}">1024</constantBitRate>
<fixedQuality opt="1,20,40,60,80,100">60</fixedQuality><vbrUpperCap min="{kbps.start}" max="{kbps.stop - 1}">1024</vbrUpperCap>
<maxFrameRate opt="{rates}">2500</maxFrameRate><GovLength min="1" max="400">50</GovLength></Video></StreamingChannel>"""


def old_stream(number, width, height, fps, kbps, gop):
    """A StreamingChannel of firmware 5.2: no smart codec, no H.265, a switch for all security, lower case."""
    return f"""<StreamingChannel version="1.0" xmlns="{V10}"><id>{number}</id><channelName>Camera 01</channelName><enabled>true</enabled>
<Transport><rtspPortNo>554</rtspPortNo><maxPacketSize>1000</maxPacketSize><ControlProtocolList><ControlProtocol><streamingTransport>RTSP</streamingTransport></ControlProtocol></ControlProtocolList>
<Unicast><enabled>true</enabled><rtpTransportType>RTP/TCP</rtpTransportType></Unicast><Multicast><enabled>false</enabled></Multicast><Security><enabled>true</enabled></Security></Transport>
<Video><enabled>true</enabled><videoInputChannelID>1</videoInputChannelID><videoCodecType>H.264</videoCodecType><videoScanType>progressive</videoScanType>
<videoResolutionWidth>{width}</videoResolutionWidth><videoResolutionHeight>{height}</videoResolutionHeight>
<videoQualityControlType>vbr</videoQualityControlType><constantBitRate>{kbps}</constantBitRate><fixedQuality>60</fixedQuality>
<vbrUpperCap>{kbps}</vbrUpperCap><vbrLowerCap>32</vbrLowerCap><maxFrameRate>{fps * 100}</maxFrameRate><keyFrameInterval>{gop * 1000 // fps}</keyFrameInterval>
<snapShotImageType>JPEG</snapShotImageType><H264Profile>Main</H264Profile><GovLength>{gop}</GovLength></Video>
<Audio><enabled>false</enabled><audioInputChannelID>1</audioInputChannelID><audioCompressionType>G.711ulaw</audioCompressionType></Audio></StreamingChannel>"""


def overlays(namespace, clock=False):
    """What is written into the picture: four rows of text, the clock, the channel's name."""
    rows = "".join(
        f"<TextOverlay><id>{n}</id><enabled>false</enabled><positionX>0</positionX><positionY>{32 * n}</positionY><displayText></displayText></TextOverlay>"
        for n in range(1, 5)
    )
    return f'<VideoOverlay version="2.0" xmlns="{namespace}"><TextOverlayList size="4">{rows}</TextOverlayList><DateTimeOverlay><enabled>{"true" if clock else "false"}</enabled><positionX>0</positionX><positionY>544</positionY><dateStyle>MM-DD-YYYY</dateStyle></DateTimeOverlay><channelNameOverlay><enabled>true</enabled><positionX>512</positionX><positionY>64</positionY></channelNameOverlay></VideoOverlay>'


def track(channel):
    """The plan by which a recorder records a channel: a week, on motion, not switched on."""
    week = "".join(
        f"<ScheduleAction><id>{n}</id><ScheduleActionStartTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>00:00:00</TimeOfDay></ScheduleActionStartTime>"
        f"<ScheduleActionEndTime><DayOfWeek>{day}</DayOfWeek><TimeOfDay>24:00:00</TimeOfDay></ScheduleActionEndTime><ScheduleDSTEnable>false</ScheduleDSTEnable>"
        f"<Description>nothing</Description><Actions><Record>true</Record><Log>false</Log><SaveImg>false</SaveImg><ActionRecordingMode>MOTION</ActionRecordingMode></Actions></ScheduleAction>"
        for n, day in enumerate(DAYS, 1)
    )
    return (
        f'<Track version="1.0" xmlns="{V20}"><id>{channel}01</id><Channel>{channel}01</Channel><Enable>true</Enable><Description>trackType=standard</Description>'
        f"<Size>4</Size><Duration>P0DT0H</Duration><DefaultRecordingMode>CMR</DefaultRecordingMode><LoopEnable>true</LoopEnable>"
        f"<SrcDescriptor><SrcChannel>{channel}</SrcChannel><SrcDriver>RTP/RTSP</SrcDriver></SrcDescriptor>"
        f"<TrackSchedule><ScheduleBlockList><ScheduleBlock><ScheduleBlockType>www.std-cgi.com/racm/schedule/ver10</ScheduleBlockType>{week}</ScheduleBlock></ScheduleBlockList></TrackSchedule>"
        f"<CustomExtensionList><CustomExtension><CustomExtensionName>www.hikvision.com/RaCM/trackExt/ver10</CustomExtensionName><enableSchedule>false</enableSchedule>"
        f"<SaveAudio>false</SaveAudio><PreRecordTimeSeconds>5</PreRecordTimeSeconds><PostRecordTimeSeconds>5</PostRecordTimeSeconds></CustomExtension></CustomExtensionList></Track>"
    )


def permission(number, level):
    """What an account may do from afar, as its level says until somebody changes it."""
    rights = "".join(
        f"<{right}>{'true' if level == 'Administrator' or right in ('playBack', 'preview', 'record')[: 3 if level == 'Operator' else 2] else 'false'}</{right}>"
        for right in RIGHTS
    )
    return f'<UserPermission version="2.0" xmlns="{V20}"><id>{number}</id><userID>{number}</userID><userType>{level.lower()}</userType><remotePermission>{rights}</remotePermission></UserPermission>'


def channel_documents(number):
    """What a recorder has for each of its channels."""
    return {
        f"/ISAPI/Streaming/channels/{number}01": stream(f"{number}01", "H.264", 1920, 1080, 20, 4096, "VBR", 40, "", ISAPI),
        f"/ISAPI/Streaming/channels/{number}02": stream(f"{number}02", "H.264", 640, 360, 20, 512, "VBR", 40, "", ISAPI),
        f"/ISAPI/ContentMgmt/record/tracks/{number}01": track(number),
    }


def info(config, kind, namespace=V20):
    """deviceInfo."""
    return f"""<DeviceInfo version="2.0" xmlns="{namespace}"><deviceName>{kind}</deviceName><deviceID>6aff4000-0000-0000-0000-{config["mac"].replace(":", "")}</deviceID>
<model>{config["model"]}</model><serialNumber>{config["serial"]}</serialNumber><macAddress>{config["mac"]}</macAddress>
<firmwareVersion>{config["firmware"]}</firmwareVersion><firmwareReleasedDate>{config["firmware_date"]}</firmwareReleasedDate>
<deviceType>{kind}</deviceType><telecontrolID>88</telecontrolID></DeviceInfo>"""


def ntp(server="time.windows.com"):
    """An NTP server by host name, as from the factory."""
    return f"""<NTPServer version="2.0" xmlns="{V20}"><id>1</id><addressingFormatType>hostname</addressingFormatType><hostName>{server}</hostName>
<portNo>123</portNo><synchronizeInterval>1440</synchronizeInterval></NTPServer>"""


def switch(root, on, element="enabled", namespace=V20, more=""):
    """A document with one switch."""
    return f'<{root} version="2.0" xmlns="{namespace}"><{element}>{"true" if on else "false"}</{element}>{more}</{root}>'


def accesses(rows, namespace):
    """adminAccesses: rows of (protocol, enabled or None where the device has no switch, port or None)."""
    entries = []
    for number, (protocol, enabled, port, more) in enumerate(rows, 1):
        switch_text = "" if enabled is None else f"<enabled>{'true' if enabled else 'false'}</enabled>"
        port_text = "" if port is None else f"<portNo>{port}</portNo>"
        entries.append(
            f"<AdminAccessProtocol><id>{number}</id>{switch_text}<protocol>{protocol}</protocol>{port_text}{more}</AdminAccessProtocol>"
        )
    return f'<AdminAccessProtocolList version="2.0" xmlns="{namespace}">{"".join(entries)}</AdminAccessProtocolList>'


TLS = "<redirectToHttps>false</redirectToHttps><TLS1_1Enable>false</TLS1_1Enable><TLS1_2Enable>true</TLS1_2Enable>"


def address(config, namespace=V20):
    """ipAddress: four elements of that name in one document."""
    gateway = config["gateway"] or "0.0.0.0"
    return f"""<IPAddress version="2.0" xmlns="{namespace}"><ipVersion>dual</ipVersion><addressingType>static</addressingType><ipAddress>{config["address"]}</ipAddress>
<subnetMask>255.255.255.0</subnetMask><ipv6Address>::</ipv6Address><bitMask>0</bitMask><DefaultGateway><ipAddress>{gateway}</ipAddress><ipv6Address>::</ipv6Address></DefaultGateway>
<PrimaryDNS><ipAddress>8.8.8.8</ipAddress></PrimaryDNS><SecondaryDNS><ipAddress>0.0.0.0</ipAddress></SecondaryDNS></IPAddress>"""


STATUS = f'<DeviceStatus version="2.0" xmlns="{V20}"><deviceUpTime>86400</deviceUpTime></DeviceStatus>'


def camera(config):
    """All documents of a camera fresh from the box, by path."""
    network = "/ISAPI/System/Network"
    rows = [
        ("HTTP", True, 80, ""),
        ("HTTPS", True, 443, TLS),
        ("DEV_MANAGE", True, 8000, ""),
        ("RTSP", True, 554, ""),
        ("SDK_OVER_TLS", True, 8443, ""),
        ("WebSocket", True, 7681, ""),
        ("Bonjour", True, None, ""),
    ]
    return {
        "/ISAPI/System/deviceInfo": info(config, "IPCamera"),
        "/ISAPI/System/status": STATUS,
        "/ISAPI/System/time/ntpServers/1": ntp(),
        f"{network}/interfaces/1/ipAddress": address(config),
        f"{network}/UPnP": switch("UPnP", True, namespace=ISAPI),
        f"{network}/SNMP": f'<SNMP version="2.0" xmlns="{V20}"><SNMPv2c><enabled>true</enabled><notificationEnabled>false</notificationEnabled></SNMPv2c><listenPort>161</listenPort></SNMP>',
        f"{network}/telnetd": switch("Telnetd", True, namespace=V10),
        f"{network}/ssh": switch("SSH", True),
        f"{network}/EZVIZ": switch("EZVIZ", True, more="<registerStatus>true</registerStatus><verificationCode>******</verificationCode>"),
        f"{network}/Integrate": f'<Integrate xmlns="{V20}"><CGI><enable>true</enable><certificateType>digest</certificateType></CGI><ONVIF><enable>false</enable><certificateType>digest/WSSE</certificateType></ONVIF><ISAPI><enable>true</enable></ISAPI></Integrate>',
        "/ISAPI/Security/adminAccesses": accesses(rows, V10),
        "/ISAPI/Security/illegalLoginLock": switch("IllegalLoginLock", False),
        "/ISAPI/Streaming/channels/101": stream(101, "H.264", 2560, 1440, 25, 6144, "VBR", 100, "digest/basic"),
        "/ISAPI/Streaming/channels/102": stream(102, "H.264", 704, 576, 25, 768, "VBR", 50, "digest/basic"),
        "/ISAPI/Streaming/channels/103": stream(103, "H.264", 640, 360, 10, 256, "VBR", 20, "digest/basic"),
        "/ISAPI/System/Video/inputs/channels/1": f'<VideoInputChannel version="2.0" xmlns="{V20}"><id>1</id><inputPort>1</inputPort><name>Camera 01</name><videoFormat>PAL</videoFormat></VideoInputChannel>',
        "/ISAPI/System/Video/inputs/channels/1/overlays": overlays(V20),
        "/ISAPI/System/Video/inputs/channels/1/motionDetection": f'<MotionDetection version="2.0" xmlns="{ISAPI}"><enabled>false</enabled><MotionDetectionLayout version="2.0" xmlns="{ISAPI}"><sensitivityLevel>60</sensitivityLevel></MotionDetectionLayout></MotionDetection>',
    }


def old_camera(config):
    """All documents of a camera of firmware 5.2: two namespaces of their time, few documents, ports nowhere."""
    network, video = "/ISAPI/System/Network", "/ISAPI/System/Video/inputs/channels/1"
    return {
        "/ISAPI/System/deviceInfo": info(config, "IPCamera", V10),
        "/ISAPI/System/status": STATUS,
        "/ISAPI/System/time/ntpServers/1": f'<NTPServer version="1.0" xmlns="{V10}"><id>1</id><addressingFormatType>ipaddress</addressingFormatType><ipAddress>0.0.0.0</ipAddress><portNo>123</portNo><synchronizeInterval>1440</synchronizeInterval></NTPServer>',
        f"{network}/interfaces/1/ipAddress": address(config, V10),
        f"{network}/UPnP": switch("UPnP", True, namespace=PSIA),
        f"{network}/telnetd": switch("Telnetd", True, namespace=V10),
        "/ISAPI/Streaming/channels/101": old_stream(101, 1920, 1080, 25, 4096, 50),
        "/ISAPI/Streaming/channels/102": old_stream(102, 640, 360, 25, 512, 50),
        video: f'<VideoInputChannel version="1.0" xmlns="{PSIA}"><id>1</id><inputPort>1</inputPort><name>Camera 01</name><videoFormat>PAL</videoFormat></VideoInputChannel>',
        f"{video}/overlays": overlays(V10, clock=True),
        f"{video}/motionDetection": f'<MotionDetection version="1.0" xmlns="{PSIA}"><enabled>false</enabled><MotionDetectionLayout version="1.0" xmlns="{PSIA}"><sensitivityLevel>60</sensitivityLevel></MotionDetectionLayout></MotionDetection>',
    }


def nvr(config):
    """All documents of a recorder; telnet and overlays it doesn't have."""
    network = "/ISAPI/System/Network"
    rows = [("HTTP", True, 80, ""), ("RTSP", True, 554, ""), ("HTTPS", True, 443, TLS), ("DEV_MANAGE", None, 8000, "")]
    documents = {
        "/ISAPI/System/deviceInfo": info(config, "NVR", ISAPI),
        "/ISAPI/System/status": STATUS,
        "/ISAPI/System/capabilities": f'<DeviceCap version="2.0" xmlns="{V20}"><SysCap><VideoCap><videoInputPortNums>0</videoInputPortNums></VideoCap></SysCap><RacmCap><inputProxyNums>8</inputProxyNums></RacmCap></DeviceCap>',
        "/ISAPI/System/time/ntpServers/1": ntp(),
        f"{network}/interfaces/1/ipAddress": address(config),
        f"{network}/UPnP": switch("UPnP", True, namespace=ISAPI),
        f"{network}/ssh": switch("SSH", False, namespace=ISAPI),
        f"{network}/EZVIZ": switch("EZVIZ", True, namespace=ISAPI),
        "/ISAPI/Security/adminAccesses": accesses(rows, V20),
        "/ISAPI/Security/illegalLoginLock": switch("IllegalLoginLock", False, namespace=ISAPI),
        "/ISAPI/ContentMgmt/Storage": f'<storage version="2.0" xmlns="{V20}"><hddList size="1"><hdd><id>1</id><hddName>hdd1</hddName><hddType>SATA</hddType><status>ok</status><capacity>1907729</capacity><freeSpace>0</freeSpace><property>RW</property></hdd></hddList></storage>',
    }
    for channel in config["channels"]:
        documents |= channel_documents(channel["number"])
    return documents
